package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.pipelines.WordSpans.Found;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The vectors of a window of a text for scoring.
 *
 * @param words the vectors of its words, {@code [W][D]}
 * @param labels the vectors of its labels, {@code [C][D]}
 * @param threshold the probability above which a span is an entity
 * @param given the spans that may be entities, as first and last word; if empty, any span may be one
 */
record WordVectors(float[][] words, float[][] labels, double threshold, Optional<Set<WordRange>> given) {
    /** Finds entities in windows. */
    @FunctionalInterface
    interface Scorer {
        /**
         * Returns the entities of each window in the order of GLiNER's own code, which matters because the first of
         * equal scores is kept.
         */
        List<List<Found>> found(List<WordVectors> windows);
    }

    /** The words from the first to the last, both included. */
    record WordRange(int first, int last) {
        /** Returns the same words counted from an earlier one. */
        WordRange after(int words) {
            return new WordRange(words + first, words + last);
        }
    }

    boolean allows(int first, int last) {
        return given.isEmpty() || given.get().contains(new WordRange(first, last));
    }

    /** Returns vectors as {@code f32[N,D]}. */
    static Tensor matrix(float[][] rows) {
        Tensor one = padded(Collections.singletonList(rows));
        return one.reshape(one.dim(1), one.dim(2));
    }

    /** Returns vectors of several windows as {@code f32[B,N,D]}, padded with zeros. */
    static Tensor padded(List<float[][]> rows) {
        int longest = rows.stream().mapToInt(r -> r.length).max().orElse(0);
        int width = rows.getFirst()[0].length;
        float[] values = new float[Math.multiplyExact(Math.multiplyExact(rows.size(), longest), width)];
        for (int i = 0; i < rows.size(); i++) {
            float[][] own = rows.get(i);
            for (int j = 0; j < own.length; j++) {
                System.arraycopy(own[j], 0, values, (i * longest + j) * width, width);
            }
        }
        return Tensor.of(values, rows.size(), longest, width);
    }
}
