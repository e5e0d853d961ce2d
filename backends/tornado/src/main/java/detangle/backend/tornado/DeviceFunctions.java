package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/**
 * The scalar functions that generated kernels call, by name and type; TornadoVM inlines them. i1 is an int here.
 * Semantics are the interpreter's.
 */
final class DeviceFunctions {
    private DeviceFunctions() {}

    static float neg(float x) {
        return -x;
    }

    static float abs(float x) {
        return TornadoMath.abs(x);
    }

    static float sign(float x) {
        return x > 0 ? 1f : x < 0 ? -1f : x;
    }

    static float exp(float x) {
        return TornadoMath.exp(x);
    }

    static float log(float x) {
        return TornadoMath.log(x);
    }

    static float sqrt(float x) {
        return TornadoMath.sqrt(x);
    }

    static float rsqrt(float x) {
        return 1f / TornadoMath.sqrt(x);
    }

    /** Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most. */
    static float erf(float x) {
        float z = TornadoMath.abs(x);
        float t = 1f / (1f + 0.3275911f * z);
        float p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
        float y = 1f - p * TornadoMath.exp(-z * z);
        return x < 0 ? -y : y;
    }

    static float tanh(float x) {
        return TornadoMath.tanh(x);
    }

    static float ceil(float x) {
        return TornadoMath.ceil(x);
    }

    static float floor(float x) {
        return TornadoMath.floor(x);
    }

    static float add(float a, float b) {
        return a + b;
    }

    static float sub(float a, float b) {
        return a - b;
    }

    static float mul(float a, float b) {
        return a * b;
    }

    static float div(float a, float b) {
        return a / b;
    }

    /** NaN where one is. */
    static float max(float a, float b) {
        return a > b || a != a ? a : b;
    }

    /** NaN where one is. */
    static float min(float a, float b) {
        return a < b || a != a ? a : b;
    }

    static int eq(float a, float b) {
        return a == b ? 1 : 0;
    }

    static int ne(float a, float b) {
        return a != b ? 1 : 0;
    }

    static int lt(float a, float b) {
        return a < b ? 1 : 0;
    }

    static int le(float a, float b) {
        return a <= b ? 1 : 0;
    }

    static int gt(float a, float b) {
        return a > b ? 1 : 0;
    }

    static int ge(float a, float b) {
        return a >= b ? 1 : 0;
    }

    static float select(int c, float a, float b) {
        return c != 0 ? a : b;
    }

    static long neg(long x) {
        return -x;
    }

    static long abs(long x) {
        return x < 0 ? -x : x;
    }

    static long sign(long x) {
        return x > 0 ? 1L : x < 0 ? -1L : 0L;
    }

    static long add(long a, long b) {
        return a + b;
    }

    static long sub(long a, long b) {
        return a - b;
    }

    static long mul(long a, long b) {
        return a * b;
    }

    static long max(long a, long b) {
        return a > b ? a : b;
    }

    static long min(long a, long b) {
        return a < b ? a : b;
    }

    static int eq(long a, long b) {
        return a == b ? 1 : 0;
    }

    static int ne(long a, long b) {
        return a != b ? 1 : 0;
    }

    static int lt(long a, long b) {
        return a < b ? 1 : 0;
    }

    static int le(long a, long b) {
        return a <= b ? 1 : 0;
    }

    static int gt(long a, long b) {
        return a > b ? 1 : 0;
    }

    static int ge(long a, long b) {
        return a >= b ? 1 : 0;
    }

    static long select(int c, long a, long b) {
        return c != 0 ? a : b;
    }

    static int neg(int x) {
        return -x;
    }

    static int abs(int x) {
        return x < 0 ? -x : x;
    }

    static int sign(int x) {
        return x > 0 ? 1 : x < 0 ? -1 : 0;
    }

    static int not(int x) {
        return 1 - x;
    }

    static int add(int a, int b) {
        return a + b;
    }

    static int sub(int a, int b) {
        return a - b;
    }

    static int mul(int a, int b) {
        return a * b;
    }

    static int max(int a, int b) {
        return a > b ? a : b;
    }

    static int min(int a, int b) {
        return a < b ? a : b;
    }

    static int and(int a, int b) {
        return a & b;
    }

    static int or(int a, int b) {
        return a | b;
    }

    static int eq(int a, int b) {
        return a == b ? 1 : 0;
    }

    static int ne(int a, int b) {
        return a != b ? 1 : 0;
    }

    static int lt(int a, int b) {
        return a < b ? 1 : 0;
    }

    static int le(int a, int b) {
        return a <= b ? 1 : 0;
    }

    static int gt(int a, int b) {
        return a > b ? 1 : 0;
    }

    static int ge(int a, int b) {
        return a >= b ? 1 : 0;
    }

    static int select(int c, int a, int b) {
        return c != 0 ? a : b;
    }

    static float toFloat(float x) {
        return x;
    }

    static float toFloat(int x) {
        return x;
    }

    static float toFloat(long x) {
        return x;
    }

    /** Toward zero, saturating, NaN to 0: what a device does beyond its range is its own affair. */
    static int toInt(float x) {
        if (x != x) {
            return 0;
        }
        return x >= 2147483647f ? 2147483647 : x <= -2147483648f ? -2147483648 : (int) x;
    }

    static int toInt(int x) {
        return x;
    }

    static int toInt(long x) {
        return (int) x;
    }

    static long toLong(float x) {
        if (x != x) {
            return 0;
        }
        return x >= 9.223372e18f ? Long.MAX_VALUE : x <= -9.223372e18f ? Long.MIN_VALUE : (long) x;
    }

    static long toLong(int x) {
        return x;
    }

    static long toLong(long x) {
        return x;
    }

    static int toBoolean(float x) {
        return x != 0 ? 1 : 0;
    }

    static int toBoolean(int x) {
        return x != 0 ? 1 : 0;
    }

    static int toBoolean(long x) {
        return x != 0 ? 1 : 0;
    }

    /** The id as an index below a limit, or -1. */
    static int checked(int id, int limit) {
        int bounded = id < limit ? id : -1;
        return bounded < 0 ? -1 : bounded;
    }

    /** The id as an index below a limit, or -1. */
    static int checked(long id, int limit) {
        long bounded = id < limit ? id : -1L;
        return bounded < 0 ? -1 : (int) bounded;
    }

    /** @param activation the ordinal of a {@link detangle.ir.Activation} */
    static float activation(int activation, float x) {
        if (activation == 1) {
            return x * 0.5f * (1f + erf(x * 0.70710678f));
        }
        if (activation == 2) {
            return tanh(x);
        }
        if (activation == 3) {
            return max(x, 0f);
        }
        return x;
    }
}
