package detangle.pipelines.schema;

import detangle.models.gliner2.OverlapPolicy;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options by which texts are read and values are kept.
 *
 * @param threshold the least probability for parts without a threshold of their own
 * @param maxWords the most words of a text, or of a window, that are read; the rest is not read; all if empty
 * @param windows how long texts are divided; if empty, each text is read as a whole
 * @param overlaps which entities of one kind may overlap, with a model of the boundary architecture; if empty, its
 *     configuration decides
 */
public record SchemaOptions(
        double threshold, OptionalInt maxWords, Optional<Windows> windows, Optional<OverlapPolicy> overlaps) {
    private static final int WINDOW_WORDS = 384;
    private static final int OVERLAP_WORDS = 64;

    /** The default options: a probability of 0.5, and windows of 384 words that share 64 for longer texts. */
    public static final SchemaOptions DEFAULT = new SchemaOptions(
            0.5, OptionalInt.empty(), Optional.of(new Windows(WINDOW_WORDS, OVERLAP_WORDS, true)), Optional.empty());

    /**
     * Windows of a text.
     *
     * @param words the words of each window
     * @param overlap the words that two neighbouring windows share
     * @param longerOnly whether a text that fits into one window is read as if there were no windows. Otherwise its
     *     values also come in the order of the text
     */
    public record Windows(int words, int overlap, boolean longerOnly) {
        /**
         * Checks the numbers of words.
         *
         * @throws IllegalArgumentException if a window has no words, or if two windows share a negative number of
         *     words or all of them
         */
        public Windows {
            if (words < 1 || overlap < 0 || overlap >= words) {
                throw new IllegalArgumentException("a window must have at least one word and share fewer words than it"
                        + " has, not " + words + " and " + overlap);
            }
        }
    }

    /**
     * Checks the threshold and the limit.
     *
     * @throws IllegalArgumentException if the threshold is not between 0 and 1, or the limit is less than 1
     */
    public SchemaOptions {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("a threshold must be between 0 and 1, not " + threshold);
        }
        if (maxWords.isPresent() && maxWords.getAsInt() < 1) {
            throw new IllegalArgumentException("maxWords must be at least 1, not " + maxWords.getAsInt());
        }
    }

    public SchemaOptions withThreshold(double value) {
        return new SchemaOptions(value, maxWords, windows, overlaps);
    }

    /** Bounds the words of each text that are read. */
    public SchemaOptions withMaxWords(int value) {
        return new SchemaOptions(threshold, OptionalInt.of(value), Optional.empty(), overlaps);
    }

    /** Reads all texts in windows, and answers in the order of the text. */
    public SchemaOptions withWindows(int words, int overlap) {
        return new SchemaOptions(threshold, maxWords, Optional.of(new Windows(words, overlap, false)), overlaps);
    }

    /** Reads each text as a whole. */
    public SchemaOptions withoutWindows() {
        return new SchemaOptions(threshold, maxWords, Optional.empty(), overlaps);
    }

    /** Lets entities of one kind overlap as the policy says, whatever the model's configuration says. */
    public SchemaOptions withOverlaps(OverlapPolicy value) {
        return new SchemaOptions(threshold, maxWords, windows, Optional.of(value));
    }
}
