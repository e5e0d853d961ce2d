package detangle.pipelines;

import java.util.function.IntUnaryOperator;

/** Logits of spans of words, for each of some rows: fields of instances. */
final class SpanGrid {
    private final int words;
    private final int width;
    private final int[] first;
    private int rows;
    private float[] logits = {};

    /**
     * Spans of up to so many words.
     *
     * @param words of the text
     * @param width the most words of a span
     */
    SpanGrid(int words, int width) {
        this.words = words;
        this.width = width;
        this.first = new int[words + 1];
        for (int start = 0; start < words; start++) {
            first[start + 1] = first[start] + lengths(start);
        }
    }

    /** Returns how many spans begin with a word. */
    int lengths(int start) {
        return Math.min(width, words - start);
    }

    /** Returns the number of spans. */
    int spans() {
        return first[words];
    }

    /** Returns the first word of each span, in the order of first words and lengths. */
    long[] starts() {
        return each(start -> 0);
    }

    /** Returns the last word of each span. */
    long[] ends() {
        return each(length -> length);
    }

    private long[] each(IntUnaryOperator offset) {
        long[] all = new long[spans()];
        for (int start = 0; start < words; start++) {
            for (int length = 0; length < lengths(start); length++) {
                all[first[start] + length] = start + offset.applyAsInt(length);
            }
        }
        return all;
    }

    /** Sets what {@link #logit} reads, {@code [spans, rows]}. */
    void set(float[] values, int count) {
        this.logits = values;
        this.rows = count;
    }

    /**
     * Returns the logit of a span.
     *
     * @param start its first word
     * @param length its words beyond the first
     */
    float logit(int row, int start, int length) {
        return logits[(first[start] + length) * rows + row];
    }

    /** Returns the probability of a span, in single precision as the original compares it. */
    float probability(int row, int start, int length) {
        return (float) Scores.sigmoid(logit(row, start, length));
    }
}
