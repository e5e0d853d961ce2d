package detangle.pipelines.schema;

import detangle.models.gliner2.OverlapPolicy;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options by which texts are read and findings are kept.
 *
 * @param threshold the least probability of what has no threshold of its own
 * @param maxWords how many words of a text, or of a window, are read; what follows is not; all if empty
 * @param windows how long texts are divided; each is read as a whole if empty
 * @param overlaps which entities of one kind may overlap, with a model of the boundary architecture; what its
 *     configuration says if empty
 */
public record SchemaOptions(
        double threshold, OptionalInt maxWords, Optional<Windows> windows, Optional<OverlapPolicy> overlaps) {
    private static final int WINDOW_WORDS = 384;
    private static final int OVERLAP_WORDS = 64;

    /** A probability of 0.5, and windows of 384 words with 64 in common for texts that are longer. */
    public static final SchemaOptions DEFAULT = new SchemaOptions(
            0.5, OptionalInt.empty(), Optional.of(new Windows(WINDOW_WORDS, OVERLAP_WORDS, true)), Optional.empty());

    /**
     * Windows of a text.
     *
     * @param words of each
     * @param overlap words that two neighbours have in common
     * @param longerOnly whether a text of no more words than a window is read as if there were no windows. Otherwise
     *     what is found in it comes in the order of the text too
     */
    public record Windows(int words, int overlap, boolean longerOnly) {
        /** Refuses windows that do not go on. */
        public Windows {
            if (words < 1 || overlap < 0 || overlap >= words) {
                throw new IllegalArgumentException("a window has at least one word, and more than it has in common with"
                        + " the next, not " + words + " and " + overlap);
            }
        }
    }

    /** Refuses what is not a probability, and texts without words. */
    public SchemaOptions {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("a threshold is between 0 and 1, not " + threshold);
        }
        if (maxWords.isPresent() && maxWords.getAsInt() < 1) {
            throw new IllegalArgumentException("at least one word of a text is read, not " + maxWords.getAsInt());
        }
    }

    public SchemaOptions withThreshold(double value) {
        return new SchemaOptions(value, maxWords, windows, overlaps);
    }

    /** Reads so many words of each text and no more. */
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
