package detangle.backend.vector;

import detangle.ir.interpreter.Erf;

/**
 * The scalar functions that generated kernels call, by name and type; C2 inlines them. i1 and i8 are ints here. Semantics
 * are the interpreter's.
 */
final class ScalarFunctions {
    private ScalarFunctions() {}

    static float neg(float x) {
        return -x;
    }

    static float abs(float x) {
        return Math.abs(x);
    }

    static float sign(float x) {
        return Math.signum(x);
    }

    static float exp(float x) {
        return (float) Math.exp(x);
    }

    static float log(float x) {
        return (float) Math.log(x);
    }

    static float sqrt(float x) {
        return (float) Math.sqrt(x);
    }

    static float rsqrt(float x) {
        return (float) (1 / Math.sqrt(x));
    }

    static float erf(float x) {
        return (float) Erf.erf(x);
    }

    static float tanh(float x) {
        return (float) Math.tanh(x);
    }

    static float ceil(float x) {
        return (float) Math.ceil(x);
    }

    static float floor(float x) {
        return (float) Math.floor(x);
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

    static float max(float a, float b) {
        return Math.max(a, b);
    }

    static float min(float a, float b) {
        return Math.min(a, b);
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
        return Math.abs(x);
    }

    static long sign(long x) {
        return Long.signum(x);
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
        return Math.max(a, b);
    }

    static long min(long a, long b) {
        return Math.min(a, b);
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
        return Math.abs(x);
    }

    static int sign(int x) {
        return Integer.signum(x);
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
        return Math.max(a, b);
    }

    static int min(int a, int b) {
        return Math.min(a, b);
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

    static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    static float toFloat(double x) {
        return (float) x;
    }

    static float toFloat(float x) {
        return x;
    }

    static float toFloat(int x) {
        return x;
    }

    /** Through a double, as in the interpreter: rounding once could give another float. */
    static float toFloat(long x) {
        return (float) (double) x;
    }

    static int toInt(float x) {
        return (int) x;
    }

    static int toInt(int x) {
        return x;
    }

    static int toInt(long x) {
        return (int) x;
    }

    static long toLong(float x) {
        return (long) x;
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
}
