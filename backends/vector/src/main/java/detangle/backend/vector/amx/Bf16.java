package detangle.backend.vector.amx;

/**
 * The arithmetic of tiles on single numbers, after Intel's description of VCVTNE2PS2BF16 and TDPBF16PS: rounding to
 * bfloat16 and to float is to nearest, ties to even, and denormal numbers are zeros of their sign, as operands and as
 * results.
 */
public final class Bf16 {
    private static final int SIGN = 1 << 31;
    private static final int MAGNITUDE = ~SIGN;
    private static final int INFINITY = 0x7F80_0000;
    private static final int SMALLEST_NORMAL = 0x0080_0000;

    /**
     * Below this, an exact result is denormal although rounding to the steps of denormal numbers gives the smallest
     * normal one: whether a number is denormal is decided as if exponents had no bound.
     */
    private static final double ROUNDS_TO_NORMAL = Float.MIN_NORMAL * (1 - 0x1p-25);

    private Bf16() {}

    /** Returns the bits of the nearest bfloat16. NaN stays NaN, and numbers beyond the largest become infinite. */
    public static short round(float x) {
        int bits = Float.floatToRawIntBits(x);
        int magnitude = bits & MAGNITUDE;
        if (magnitude > INFINITY) {
            return (short) (bits >>> Short.SIZE | 1 << 6); // The bit of a quiet NaN.
        }
        if (magnitude < SMALLEST_NORMAL) {
            return (short) ((bits & SIGN) >>> Short.SIZE);
        }
        int half = 0x7FFF + (bits >>> Short.SIZE & 1);
        return (short) (bits + half >>> Short.SIZE);
    }

    /** Returns the number of the bits of a bfloat16. */
    public static float widen(short bits) {
        return Float.intBitsToFloat(bits << Short.SIZE);
    }

    /** Returns a number, or a zero of its sign in place of a denormal one. */
    static float flush(float x) {
        return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0f, x) : x;
    }

    /** Returns {@code a b + c}, rounded once. */
    static float fma(float a, float b, float c) {
        float x = flush(a);
        float y = flush(b);
        float z = flush(c);
        float sum = Math.fma(x, y, z);
        // In doubles the product is exact, and so is a sum of this size.
        if (Math.abs(sum) == Float.MIN_NORMAL && Math.abs((double) x * y + z) < ROUNDS_TO_NORMAL) {
            return Math.copySign(0f, sum);
        }
        return flush(sum);
    }

    /** Returns {@code a + b}. A denormal sum of floats is exact, so that it is clear what is flushed. */
    static float add(float a, float b) {
        return flush(flush(a) + flush(b));
    }
}
