package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.Bf16;

/**
 * Floats as sums of two of bfloat16, the nearest one and what is left of it, which have 16 significant bits together.
 * A product of tiles three times as deep, of {@link #left} and {@link #right}, is that of the floats but for the product
 * of what is left of both.
 */
final class SplitFloats {
    /** How many times as deep as rows the parts are. */
    static final int PARTS = 3;

    private SplitFloats() {}

    private static float nearest(float x) {
        return Bf16.widen(Bf16.round(x));
    }

    /** Writes rows, {@code stride} apart, one after the other, each as the nearest, the rest and the nearest again. */
    static void left(float[] from, int at, int stride, int rows, int depth, float[] to) {
        for (int row = 0; row < rows; row++) {
            int out = row * PARTS * depth;
            for (int i = 0; i < depth; i++) {
                float x = from[at + row * stride + i];
                float high = nearest(x);
                to[out + i] = high;
                to[out + depth + i] = x - high;
                to[out + 2 * depth + i] = high;
            }
        }
    }

    /** Writes rows, {@code stride} apart, one after the other, each as the nearest, the nearest again and the rest. */
    static void right(float[] from, int at, int stride, int rows, int depth, float[] to) {
        for (int row = 0; row < rows; row++) {
            int out = row * PARTS * depth;
            for (int i = 0; i < depth; i++) {
                float x = from[at + row * stride + i];
                float high = nearest(x);
                to[out + i] = high;
                to[out + depth + i] = high;
                to[out + 2 * depth + i] = x - high;
            }
        }
    }

    /** Writes what is left of rows, {@code stride} apart, one after the other. */
    static void rests(float[] from, int at, int stride, int rows, int depth, float[] to) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < depth; i++) {
                float x = from[at + row * stride + i];
                to[row * depth + i] = x - nearest(x);
            }
        }
    }
}
