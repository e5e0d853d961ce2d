package detangle.backend.vector;

import detangle.backend.scalar.FloatFunctions;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
import detangle.ir.interpreter.Erf;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/** Functions of floats by the JDK's own, most of which take doubles; C2 inlines them. */
record JavaFloats() implements FloatFunctions {
    private static final ClassDesc MATH = Math.class.describeConstable().orElseThrow();
    private static final ClassDesc ERF = Erf.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc OF_FLOAT = MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float);
    private static final MethodTypeDesc OF_FLOATS =
            MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float, ConstantDescs.CD_float);
    private static final MethodTypeDesc OF_DOUBLE = MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_double);

    @Override
    public void unary(CodeBuilder code, UnaryFunction function) {
        switch (function) {
            case NEG -> code.fneg();
            case ABS -> code.invokestatic(MATH, "abs", OF_FLOAT);
            case SIGN -> code.invokestatic(MATH, "signum", OF_FLOAT);
            case EXP -> inDoubles(code, MATH, "exp");
            case LOG -> inDoubles(code, MATH, "log");
            case SQRT -> inDoubles(code, MATH, "sqrt");
            case RSQRT -> {
                code.f2d().invokestatic(MATH, "sqrt", OF_DOUBLE);
                // 1 / x: the 1 goes below x.
                code.dconst_1().dup2_x2().pop2().ddiv().d2f();
            }
            case ERF -> inDoubles(code, ERF, "erf");
            case TANH -> inDoubles(code, MATH, "tanh");
            case CEIL -> inDoubles(code, MATH, "ceil");
            case FLOOR -> inDoubles(code, MATH, "floor");
            case SILU -> {
                code.f2d().dup2().dneg().invokestatic(MATH, "exp", OF_DOUBLE);
                code.dconst_1().dadd().ddiv().d2f();
            }
            case NOT -> throw new InternalException(function + " does not take f32");
        }
    }

    private static void inDoubles(CodeBuilder code, ClassDesc owner, String method) {
        code.f2d().invokestatic(owner, method, OF_DOUBLE).d2f();
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
