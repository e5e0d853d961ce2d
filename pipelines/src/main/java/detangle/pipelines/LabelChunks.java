package detangle.pipelines;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The options by which {@link LabelClassifier#classifyInChunks} divides long texts and many labels, as GLiClass does.
 *
 * @param text code points of a part of a text
 * @param overlap code points that two parts share
 * @param labels labels that are judged at once; scores depend on which labels these are
 */
public record LabelChunks(int text, int overlap, int labels) {
    /** The defaults of GLiClass: 8192 code points, of which parts share 256, and 8 labels. */
    public static final LabelChunks DEFAULT = new LabelChunks(8192, 256, 8);

    /** @throws PipelineException if a number is too small, or parts would share all of their code points */
    public LabelChunks {
        if (text < 1 || labels < 1) {
            throw new PipelineException("a part has at least one character and one label");
        }
        if (overlap < 0 || overlap >= text) {
            throw new PipelineException(
                    "parts of " + text + " characters cannot share " + overlap + ": choose 0 to " + (text - 1));
        }
    }

    /**
     * Returns the chunks that a caller asks for; numbers that are left out are those of {@link #DEFAULT}.
     *
     * @return the chunks; empty if neither labels nor texts are divided
     */
    public static Optional<LabelChunks> asked(
            Optional<Integer> labels, Optional<Integer> text, Optional<Integer> overlap) {
        if (labels.isEmpty() && text.isEmpty()) {
            return Optional.empty();
        }
        int size = text.orElse(DEFAULT.text());
        return Optional.of(new LabelChunks(
                size,
                overlap.orElse(Math.min(DEFAULT.overlap(), Math.max(0, size - 1))),
                labels.orElse(DEFAULT.labels())));
    }

    /**
     * Returns how many prompts a model reads for a text and a number of labels: each part with each group of labels.
     */
    long readings(String whole, int count) {
        long points = whole.codePointCount(0, whole.length());
        long parts = 1 + Math.ceilDiv(Math.max(0, points - text), (long) text - overlap);
        return parts * Math.ceilDiv(count, labels);
    }

    /** Returns the parts of a text, in order; one if it is short enough. */
    List<String> of(String whole) {
        int[] points = whole.codePoints().toArray();
        List<String> parts = new ArrayList<>();
        for (int start = 0; ; start += text - overlap) {
            int end = Math.min(points.length, start + text);
            parts.add(new String(points, start, end - start));
            if (end == points.length) {
                return parts;
            }
        }
    }

    /** Returns the labels in groups, in order. */
    List<List<String>> of(List<String> all) {
        return IntStream.iterate(0, i -> i < all.size(), i -> i + labels)
                .mapToObj(i -> all.subList(i, Math.min(all.size(), i + labels)))
                .toList();
    }
}
