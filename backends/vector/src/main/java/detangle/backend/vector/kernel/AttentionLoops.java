package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The loops of attention's dropout and of its gradients that are not products.
 */
final class AttentionLoops {
    private AttentionLoops() {}

    /**
     * Gradients of scores before the scale, in the place of those of probabilities, and the probabilities themselves:
     * {@code p = e * factor} and {@code ds = scale * p * (dp - sum(p * dp))}, row by row.
     *
     * @param e the exponentials, which become p; rows are {@code stride} apart, a multiple of the lanes
     * @param ds dp, which becomes ds
     */
    static void ofScores(float[] e, float[] ds, int stride, int rows, int columns, float[] factors, float scale) {
        for (int i = 0; i < rows; i++) {
            int from = i * stride;
            int to = from + columns;
            FloatVector sums = FloatVector.zero(SPECIES);
            FloatVector more = FloatVector.zero(SPECIES);
            int at = from;
            for (; at + COUNT < to; at += 2 * COUNT) {
                sums = FloatVector.fromArray(SPECIES, e, at).fma(FloatVector.fromArray(SPECIES, ds, at), sums);
                more = FloatVector.fromArray(SPECIES, e, at + COUNT)
                        .fma(FloatVector.fromArray(SPECIES, ds, at + COUNT), more);
            }
            if (at < to) {
                sums = FloatVector.fromArray(SPECIES, e, at).fma(FloatVector.fromArray(SPECIES, ds, at), sums);
            }
            float factor = factors[i];
            float mean = Lanes.sum(sums.add(more)) * factor;
            for (at = from; at < to; at += COUNT) {
                FloatVector p = FloatVector.fromArray(SPECIES, e, at).mul(factor);
                p.intoArray(e, at);
                FloatVector.fromArray(SPECIES, ds, at)
                        .sub(mean)
                        .mul(scale)
                        .mul(p)
                        .intoArray(ds, at);
            }
        }
    }

    /**
     * Adds gradients of scores to those of the queries' terms that they looked up: {@code terms[i][row of i and j] +=
     * ds[i][j]}. Where neighbouring keys have neighbouring rows, a vector of scores is a vector of terms in another
     * order.
     *
     * @param origins the difference at which each query meets place 0
     */
    static void toQueryTerms(
            float[] ds, int stride, int[] origins, int rows, int span, RelativeTable table, float[] terms) {
        int termStride = table.stride();
        int[] byKey = table.byKey();
        int[] windows = table.windows();
        boolean[] whole = table.whole();
        float[] sources = table.sources();
        int vectors = SPECIES.loopBound(span);
        for (int j = 0; j < vectors; j += COUNT) {
            for (int i = 0; i < rows; i++) {
                int n = origins[i] + j;
                int from = i * stride + j;
                if (whole[n]) {
                    int to = i * termStride + windows[n];
                    FloatVector.fromArray(SPECIES, sources, n * COUNT)
                            .selectFrom(FloatVector.fromArray(SPECIES, ds, from))
                            .add(FloatVector.fromArray(SPECIES, terms, to))
                            .intoArray(terms, to);
                } else {
                    for (int lane = 0; lane < COUNT; lane++) {
                        terms[i * termStride + byKey[n + lane]] += ds[from + lane];
                    }
                }
            }
        }
        for (int j = vectors; j < span; j++) {
            for (int i = 0; i < rows; i++) {
                terms[i * termStride + byKey[origins[i] + j]] += ds[i * stride + j];
            }
        }
    }

    /** Adds gradients of scores to those of the keys' terms: {@code terms[j][row of i and j] += ds[i][j]}. */
    static void toKeyTerms(
            float[] ds, int stride, int[] origins, int rows, int span, RelativeTable table, float[] terms) {
        int termStride = table.stride();
        int[] byKey = table.byKey();
        for (int j = 0; j < span; j++) {
            int to = j * termStride;
            for (int i = 0; i < rows; i++) {
                terms[to + byKey[origins[i] + j]] += ds[i * stride + j];
            }
        }
    }

    /** Computes {@code to[out + i] += from[at + i]}. */
    static void add(float[] from, int at, float[] to, int out, int count) {
        for (int i = 0; i < count; i++) {
            to[out + i] += from[at + i];
        }
    }

    /** Multiplies rows with others; both are {@code stride} apart, a multiple of the lanes. */
    static void multiply(float[] x, float[] factors, int stride, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            for (int at = i * stride; at < i * stride + columns; at += COUNT) {
                FloatVector.fromArray(SPECIES, x, at)
                        .mul(FloatVector.fromArray(SPECIES, factors, at))
                        .intoArray(x, at);
            }
        }
    }

    /** Replaces random numbers by the scale, or by 0 if they are below the rate. */
    static void keep(float[] x, int at, int count, float rate, float scale) {
        for (int i = at; i < at + count; i++) {
            x[i] = x[i] >= rate ? scale : 0;
        }
    }
}
