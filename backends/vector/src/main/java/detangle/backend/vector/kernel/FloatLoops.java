package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;

import java.util.Arrays;

/**
 * The loops that kernels run until C2 has compiled their loops over vectors, in a process that is to answer before
 * that ({@link Warmup#defer}), and where no C2 is: the same numbers to the last bit, by loops over floats, with the
 * same lanes and the same order of sums. A vector is an object until C2 has compiled what uses it, which takes some
 * hundred times as long; a loop over floats is fast as soon as C1 has compiled it.
 */
final class FloatLoops {
    /** The array of {@link Scratch} with the sum of each lane. */
    private static final int SUMS = 21;

    private FloatLoops() {}

    /** Computes {@link VectorLayerNorm#add} by loops over floats. */
    static void add(float[] a, int ao, float[] b, int bo, float[] out, int oo, int size) {
        for (int i = 0; i < size; i++) {
            out[oo + i] = a[ao + i] + b[bo + i];
        }
    }

    /** Computes {@link VectorLayerNorm#normalise} by loops over floats. */
    static void normalise(
            float[] x, int xo, float[] gamma, float[] beta, float epsilon, float[] out, int oo, int size) {
        int whole = size - size % COUNT;
        float[] sums = sums();
        for (int i = 0; i < whole; i += COUNT) {
            for (int lane = 0; lane < COUNT; lane++) {
                sums[lane] += x[xo + i + lane];
            }
        }
        float sum = Lanes.sum(sums);
        for (int i = whole; i < size; i++) {
            sum += x[xo + i];
        }
        float mean = sum / size;
        float[] squares = sums();
        for (int i = 0; i < whole; i += COUNT) {
            for (int lane = 0; lane < COUNT; lane++) {
                float d = x[xo + i + lane] - mean;
                squares[lane] = Math.fma(d, d, squares[lane]);
            }
        }
        float square = Lanes.sum(squares);
        for (int i = whole; i < size; i++) {
            float d = x[xo + i] - mean;
            square += d * d;
        }
        float scale = (float) (1 / Math.sqrt(square / (double) size + epsilon));
        for (int i = 0; i < whole; i++) {
            out[oo + i] = Math.fma((x[xo + i] - mean) * scale, gamma[i], beta[i]);
        }
        for (int i = whole; i < size; i++) {
            out[oo + i] = (x[xo + i] - mean) * scale * gamma[i] + beta[i];
        }
    }

    /** Computes {@link VectorMath#gelu} by loops over floats. */
    static void gelu(float[] x, int at, int stride, int rows, int columns) {
        for (int row = at; row < at + rows * stride; row += stride) {
            for (int i = row; i < row + columns; i++) {
                float v = x[i];
                float a = Math.min(Math.max(v * (float) Math.sqrt(0.5), -VectorMath.ERF_RANGE), VectorMath.ERF_RANGE);
                float s = a * a;
                float p = Math.fma(VectorMath.ERF_P6, s, VectorMath.ERF_P5);
                p = Math.fma(p, s, VectorMath.ERF_P4);
                p = Math.fma(p, s, VectorMath.ERF_P3);
                p = Math.fma(p, s, VectorMath.ERF_P2);
                p = Math.fma(p, s, VectorMath.ERF_P1);
                p = Math.fma(p, s, VectorMath.ERF_P0);
                float q = Math.fma(VectorMath.ERF_Q4, s, VectorMath.ERF_Q3);
                q = Math.fma(q, s, VectorMath.ERF_Q2);
                q = Math.fma(q, s, VectorMath.ERF_Q1);
                q = Math.fma(q, s, VectorMath.ERF_Q0);
                float half = v * 0.5f;
                x[i] = Math.fma(a * p / q, half, half);
            }
        }
    }

    /** Computes {@link VectorMath#exponentials} by loops over floats. */
    static float exponentials(float[] x, int at, int size, float scale, float[] mask, int maskAt) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            float y = mask[maskAt + i] < 0 ? Float.NEGATIVE_INFINITY : x[at + i] * scale;
            x[at + i] = y;
            max = Math.max(max, y);
        }
        if (max == Float.NEGATIVE_INFINITY) {
            return VectorMath.ofNothing(x, at, size, mask, maskAt);
        }
        float[] sums = sums();
        for (int i = at; i < at + size; i += COUNT) {
            for (int lane = 0; lane < COUNT; lane++) {
                float e = exponential(x[i + lane] - max);
                x[i + lane] = e;
                sums[lane] += e;
            }
        }
        return 1 / Lanes.sum(sums);
    }

    private static float exponential(float d) {
        float bounded = Math.max(d, VectorMath.LEAST_EXPONENT);
        float shifted = Math.fma(bounded, VectorMath.LOG2_E, VectorMath.ROUNDER);
        float n = shifted - VectorMath.ROUNDER;
        float r = Math.fma(n, -VectorMath.LN_2_HIGH, bounded);
        r = Math.fma(n, -VectorMath.LN_2_LOW, r);
        float p = Math.fma(VectorMath.EXP_5, r, VectorMath.EXP_4);
        p = Math.fma(p, r, VectorMath.EXP_3);
        p = Math.fma(p, r, VectorMath.EXP_2);
        p = Math.fma(p, r, VectorMath.EXP_1);
        p = Math.fma(p, r, VectorMath.EXP_0);
        float power = Math.fma(p, r * r, r) + 1;
        int exponent = Float.floatToRawIntBits(shifted) << VectorMath.MANTISSA_BITS;
        return d < VectorMath.LEAST_EXPONENT ? 0 : Float.intBitsToFloat(Float.floatToRawIntBits(power) + exponent);
    }

    /**
     * Adds the terms of queries, and then those of keys, to scores in rows {@code stride} apart, as
     * {@link AttentionScores} does. Terms of no elements are not there.
     *
     * @param origins the difference at which each query meets place 0
     */
    static void addTerms(
            float[] scores,
            int stride,
            int[] origins,
            int rows,
            int columns,
            RelativeTable table,
            float[] queryTerms,
            float[] keyTerms) {
        int terms = table.stride();
        int[] positions = table.byKey();
        for (int i = 0; i < rows; i++) {
            int at = i * stride;
            int n = origins[i];
            int query = i * terms;
            for (int j = 0; j < columns && queryTerms.length > 0; j++) {
                scores[at + j] += queryTerms[query + positions[n + j]];
            }
            for (int j = 0; j < columns && keyTerms.length > 0; j++) {
                scores[at + j] += keyTerms[j * terms + positions[n + j]];
            }
        }
    }

    private static float[] sums() {
        float[] sums = Scratch.get().floats(SUMS, COUNT);
        Arrays.fill(sums, 0, COUNT, 0);
        return sums;
    }
}
