package detangle.backend.tornado;

import detangle.ir.Activation;
import uk.ac.manchester.tornado.api.math.TornadoMath;

/**
 * Functions that kernels call and devices lack. TornadoVM inlines them. They mean what they mean in the interpreter.
 */
final class DeviceFunctions {
    private static final int NONE = 0;
    private static final int GELU = 1;
    private static final int TANH = 2;
    private static final int RELU = 3;
    private static final int SILU = 4;

    private DeviceFunctions() {}

    static float sign(float x) {
        return x > 0 ? 1f : x < 0 ? -1f : x;
    }

    /** Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most. */
    static float erf(float x) {
        float z = TornadoMath.abs(x);
        float t = 1f / (1f + 0.3275911f * z);
        float p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
        float y = 1f - p * TornadoMath.exp(-z * z);
        return x < 0 ? -y : y;
    }

    static float silu(float x) {
        return x / (1f + TornadoMath.exp(-x));
    }

    /** NaN where one is. */
    static float max(float a, float b) {
        return a > b || a != a ? a : b;
    }

    /** NaN where one is. */
    static float min(float a, float b) {
        return a < b || a != a ? a : b;
    }

    /** Toward zero, saturating, NaN to 0: what a device does beyond its range is its own affair. */
    static int toInt(float x) {
        if (x != x) {
            return 0;
        }
        return x >= 2147483647f ? 2147483647 : x <= -2147483648f ? -2147483648 : (int) x;
    }

    static long toLong(float x) {
        if (x != x) {
            return 0;
        }
        return x >= 9.223372e18f ? Long.MAX_VALUE : x <= -9.223372e18f ? Long.MIN_VALUE : (long) x;
    }

    /** Returns the id as an index below a limit, or -1. */
    static int checked(int id, int limit) {
        int bounded = id < limit ? id : -1;
        return bounded < 0 ? -1 : bounded;
    }

    /** Returns the id as an index below a limit, or -1. */
    static int checked(long id, int limit) {
        long bounded = id < limit ? id : -1L;
        return bounded < 0 ? -1 : (int) bounded;
    }

    /** Returns the number that stands for an activation in {@link #activation}, as devices have no enumerations. */
    static int number(Activation activation) {
        return switch (activation) {
            case NONE -> NONE;
            case GELU -> GELU;
            case TANH -> TANH;
            case RELU -> RELU;
            case SILU -> SILU;
        };
    }

    /** @param activation a {@link #number} */
    static float activation(int activation, float x) {
        if (activation == GELU) {
            return x * 0.5f * (1f + erf(x * 0.70710678f));
        }
        if (activation == TANH) {
            return TornadoMath.tanh(x);
        }
        if (activation == RELU) {
            return max(x, 0f);
        }
        if (activation == SILU) {
            return silu(x);
        }
        return x;
    }
}
