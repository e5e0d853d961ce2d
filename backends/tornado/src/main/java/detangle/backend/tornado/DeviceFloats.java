package detangle.backend.tornado;

import detangle.backend.scalar.FloatFunctions;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import uk.ac.manchester.tornado.api.math.TornadoMath;

/** Functions of floats that TornadoVM knows, or that it inlines from {@link DeviceFunctions}. */
record DeviceFloats() implements FloatFunctions {
    private static final ClassDesc MATH = TornadoMath.class.describeConstable().orElseThrow();
    private static final ClassDesc OWN =
            DeviceFunctions.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc OF_FLOAT = MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float);
    private static final MethodTypeDesc OF_FLOATS =
            MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_float, ConstantDescs.CD_float);

    @Override
    public void unary(CodeBuilder code, UnaryFunction function) {
        switch (function) {
            case NEG -> code.fneg();
            case ABS -> code.invokestatic(MATH, "abs", OF_FLOAT);
            case SIGN -> code.invokestatic(OWN, "sign", OF_FLOAT);
            case EXP -> code.invokestatic(MATH, "exp", OF_FLOAT);
            case LOG -> code.invokestatic(MATH, "log", OF_FLOAT);
            case SQRT -> code.invokestatic(MATH, "sqrt", OF_FLOAT);
            case RSQRT -> {
                code.invokestatic(MATH, "sqrt", OF_FLOAT);
                code.fconst_1().swap().fdiv();
            }
            case ERF -> code.invokestatic(OWN, "erf", OF_FLOAT);
            case TANH -> code.invokestatic(MATH, "tanh", OF_FLOAT);
            case CEIL -> code.invokestatic(MATH, "ceil", OF_FLOAT);
            case FLOOR -> code.invokestatic(MATH, "floor", OF_FLOAT);
            case SILU -> code.invokestatic(OWN, "silu", OF_FLOAT);
            case NOT -> throw new InternalException(function + " does not take f32");
        }
    }

    @Override
    public void max(CodeBuilder code) {
        code.invokestatic(OWN, "max", OF_FLOATS);
    }

    @Override
    public void min(CodeBuilder code) {
        code.invokestatic(OWN, "min", OF_FLOATS);
    }

    @Override
    public void toInt(CodeBuilder code) {
        code.invokestatic(OWN, "toInt", MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_float));
    }

    @Override
    public void toLong(CodeBuilder code) {
        code.invokestatic(OWN, "toLong", MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_float));
    }

    /** Not through a double, which a device may lack. */
    @Override
    public void fromLong(CodeBuilder code) {
        code.l2f();
    }
}
