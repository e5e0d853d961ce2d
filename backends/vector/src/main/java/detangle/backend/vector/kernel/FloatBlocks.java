package detangle.backend.vector.kernel;

import detangle.ir.Comparison;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;

/**
 * Functions of floats for blocks: arrays whose first elements count, of a length that is a multiple of all vectors'.
 * Arithmetic is not here, as loops in bytecode compute several of its operations at once. C2 makes vectors of the loops
 * here, as all of them begin at 0; {@link VectorFunctions} has those that it does not. Each is a method of its own, so
 * that none is compiled for what another has been given.
 */
public final class FloatBlocks {
    /** Elements of a block: a dozen of them fit the first cache. */
    public static final int SIZE = 512;

    private FloatBlocks() {}

    /** A function of one block. */
    @FunctionalInterface
    public interface Unary {
        /** @param out another array than x */
        void apply(float[] x, float[] out, int size);
    }

    /** A comparison of two blocks. */
    @FunctionalInterface
    public interface Comparing {
        void apply(float[] a, float[] b, boolean[] out, int size);
    }

    /** Returns whether a function is arithmetic: generated loops compute it, and it has no loop here. */
    public static boolean isArithmetic(UnaryFunction function) {
        return switch (function) {
            case NEG, ABS, SQRT -> true;
            case SIGN, EXP, LOG, RSQRT, ERF, TANH, CEIL, FLOOR, SILU, NOT -> false;
        };
    }

    /** Returns the loop of a function that is not arithmetic. */
    public static Unary unary(UnaryFunction function) {
        return switch (function) {
            case SIGN -> FloatBlocks::sign;
            case EXP -> VectorFunctions::exp;
            case LOG -> VectorFunctions::log;
            case RSQRT -> FloatBlocks::inverseRoot;
            case ERF -> VectorFunctions::erf;
            case TANH -> VectorFunctions::tanh;
            case CEIL -> FloatBlocks::ceil;
            case FLOOR -> FloatBlocks::floor;
            case SILU -> VectorFunctions::silu;
            case NEG, ABS, SQRT -> throw new InternalException(function + " is part of a loop between functions");
            case NOT -> throw new InternalException(function + " does not take f32");
        };
    }

    public static Comparing compare(Comparison comparison) {
        return switch (comparison) {
            case EQ -> VectorFunctions::equal;
            case NE -> VectorFunctions::notEqual;
            case LT -> VectorFunctions::less;
            case LE -> VectorFunctions::lessOrEqual;
            case GT -> (a, b, out, size) -> VectorFunctions.less(b, a, out, size);
            case GE -> (a, b, out, size) -> VectorFunctions.lessOrEqual(b, a, out, size);
        };
    }

    /** Takes elements of a where the condition holds, and elements of b elsewhere. */
    public static void select(boolean[] condition, float[] a, float[] b, float[] out, int size) {
        VectorFunctions.select(condition, a, b, out, size);
    }

    private static void sign(float[] x, float[] out, int size) {
        for (int i = 0; i < size; i++) {
            out[i] = Math.signum(x[i]);
        }
    }

    private static void inverseRoot(float[] x, float[] out, int size) {
        for (int i = 0; i < size; i++) {
            out[i] = 1 / (float) Math.sqrt(x[i]);
        }
    }

    private static void ceil(float[] x, float[] out, int size) {
        for (int i = 0; i < size; i++) {
            out[i] = (float) Math.ceil(x[i]);
        }
    }

    private static void floor(float[] x, float[] out, int size) {
        for (int i = 0; i < size; i++) {
            out[i] = (float) Math.floor(x[i]);
        }
    }
}
