package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import detangle.backend.vector.amx.Bf16;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Floats as sums of two of bfloat16, the nearest one and what is left of it, which have 16 significant bits together.
 * A product of tiles three times as deep, of {@link #left} and {@link #right}, is that of the floats but for the product
 * of what is left of both.
 */
final class SplitFloats {
    /** How many times as deep as rows the parts are. */
    static final int PARTS = 3;

    /** Is added before the lower half of the bits is cut off. */
    private static final int HALF = 0x7FFF;

    private static final int UPPER = -1 << Short.SIZE;

    private SplitFloats() {}

    /**
     * Returns the nearest number of bfloat16. What {@link Bf16#round} does with denormal numbers and NaN is left to the
     * packing of the parts: denormal ones vanish with their rests, and the rest of NaN is NaN.
     */
    private static float nearest(float x) {
        int bits = Float.floatToRawIntBits(x);
        return Float.intBitsToFloat(bits + HALF + (bits >>> Short.SIZE & 1) & UPPER);
    }

    /** Writes rows, {@code stride} apart, one after the other, each as the nearest, the rest and the nearest again. */
    static void left(float[] from, int at, int stride, int rows, int depth, float[] to) {
        for (int row = 0; row < rows; row++) {
            int out = row * PARTS * depth;
            split(from, at + row * stride, depth, to, out, out + 2 * depth, out + depth);
        }
    }

    /** Writes rows, {@code stride} apart, one after the other, each as the nearest, the nearest again and the rest. */
    static void right(float[] from, int at, int stride, int rows, int depth, float[] to) {
        for (int row = 0; row < rows; row++) {
            int out = row * PARTS * depth;
            split(from, at + row * stride, depth, to, out, out + depth, out + 2 * depth);
        }
    }

    /** Writes what is left of rows, {@code stride} apart, one after the other. */
    static void rests(float[] from, int at, int stride, int rows, int depth, float[] to) {
        for (int row = 0; row < rows; row++) {
            int out = row * depth;
            split(from, at + row * stride, depth, to, out, out, out);
        }
    }

    /** Writes the nearest numbers to two places, and then what is left to a third one. */
    private static void split(float[] from, int at, int count, float[] to, int first, int second, int rest) {
        int vectors = Warmup.usesVectors() ? SPECIES.loopBound(count) : 0;
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector x = FloatVector.fromArray(SPECIES, from, at + i);
            IntVector bits = x.reinterpretAsInts();
            FloatVector high = bits.lanewise(VectorOperators.LSHR, Short.SIZE)
                    .and(1)
                    .add(HALF)
                    .add(bits)
                    .and(UPPER)
                    .reinterpretAsFloats();
            high.intoArray(to, first + i);
            high.intoArray(to, second + i);
            x.sub(high).intoArray(to, rest + i);
        }
        for (int i = vectors; i < count; i++) {
            float x = from[at + i];
            float high = nearest(x);
            to[first + i] = high;
            to[second + i] = high;
            to[rest + i] = x - high;
        }
    }
}
