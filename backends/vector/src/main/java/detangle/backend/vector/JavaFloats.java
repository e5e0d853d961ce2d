package detangle.backend.vector;

import detangle.backend.scalar.FloatFunctions;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * Arithmetic and conversions of floats by the JVM's instructions and by methods that C2 makes vectors of. Other
 * functions never come here: {@link RegionCode} computes them by blocks.
 */
record JavaFloats() implements FloatFunctions {
    private static final ClassDesc MATH = Math.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc OF_FLOAT = MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float);
    private static final MethodTypeDesc OF_FLOATS =
            MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float, ConstantDescs.CD_float);
    private static final MethodTypeDesc OF_DOUBLE = MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_double);

    @Override
    public void unary(CodeBuilder code, UnaryFunction function) {
        switch (function) {
            case NEG -> code.fneg();
            case ABS -> code.invokestatic(MATH, "abs", OF_FLOAT);
            // The argument and the result are floats: C2 has an instruction for it.
            case SQRT -> code.f2d().invokestatic(MATH, "sqrt", OF_DOUBLE).d2f();
            case SIGN, EXP, LOG, RSQRT, ERF, TANH, CEIL, FLOOR, SILU, NOT ->
                throw new InternalException(function.text() + " of floats is emitted, although blocks compute it");
        }
    }

    @Override
    public void max(CodeBuilder code) {
        code.invokestatic(MATH, "max", OF_FLOATS);
    }

    @Override
    public void min(CodeBuilder code) {
        code.invokestatic(MATH, "min", OF_FLOATS);
    }

    @Override
    public void toInt(CodeBuilder code) {
        code.f2i();
    }

    @Override
    public void toLong(CodeBuilder code) {
        code.f2l();
    }

    /** Through a double, as in the interpreter: rounding once could give another float. */
    @Override
    public void fromLong(CodeBuilder code) {
        code.l2d().d2f();
    }
}
