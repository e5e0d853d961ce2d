package detangle.ir.interpreter;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.UnaryFunction;

/** The scalar functions, in doubles and in longs. */
final class ScalarMath {
    private ScalarMath() {}

    static double apply(UnaryFunction function, double x) {
        return switch (function) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case RSQRT -> 1 / Math.sqrt(x);
            case ERF -> Erf.erf(x);
            case TANH -> Math.tanh(x);
            case CEIL -> Math.ceil(x);
            case FLOOR -> Math.floor(x);
            case SILU -> x / (1 + Math.exp(-x));
            case NOT -> throw wrongType(function.text());
        };
    }

    static long apply(UnaryFunction function, long x) {
        return switch (function) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Long.signum(x);
            case NOT -> 1 - x;
            case EXP, LOG, SQRT, RSQRT, ERF, TANH, CEIL, FLOOR, SILU -> throw wrongType(function.text());
        };
    }

    static double apply(BinaryFunction function, double a, double b) {
        return switch (function) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case AND, OR -> throw wrongType(function.text());
        };
    }

    static long apply(BinaryFunction function, long a, long b) {
        return switch (function) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> {
                if (b == 0) {
                    throw new InterpreterException("an integer is divided by zero");
                }
                yield a / b;
            }
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case AND -> a & b;
            case OR -> a | b;
        };
    }

    static boolean apply(Comparison comparison, double a, double b) {
        return switch (comparison) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }

    static boolean apply(Comparison comparison, long a, long b) {
        return switch (comparison) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }

    /** Returns an integer as its type holds it: the low bits. */
    static long wrap(DType dtype, long x) {
        return switch (dtype) {
            case I32 -> (int) x;
            case I8 -> (byte) x;
            case I64, I1, F32, F16, BF16, F64 -> x;
        };
    }

    /** Converts a float to an integer type: toward zero, saturating, NaN to 0. */
    static long truncate(DType dtype, double x) {
        return switch (dtype) {
            case I32 -> (int) x;
            case I8 -> (byte) Math.clamp((int) x, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case I64 -> (long) x;
            case I1 -> x != 0 ? 1 : 0;
            case F32, F16, BF16, F64 -> throw wrongType("truncate");
        };
    }

    /** Returns a double as its type holds it, to nearest even. */
    static double round(DType dtype, double x) {
        return switch (dtype) {
            case F64 -> x;
            case F32 -> (float) x;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) x));
            case BF16 -> bf16((float) x);
            case I32, I64, I1, I8 -> throw wrongType("round");
        };
    }

    private static double bf16(float x) {
        if (!Float.isFinite(x)) {
            return x;
        }
        int bits = Float.floatToRawIntBits(x);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    private static IllegalArgumentException wrongType(String function) {
        return new IllegalArgumentException(function + " does not take that element type: verify the program first");
    }
}
