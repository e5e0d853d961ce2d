package detangle.pipelines;

/**
 * Which entities are kept; the names and the numbers of {@link #DEFAULT} are GLiNER's.
 *
 * @param threshold the least probability
 * @param flatNer whether entities may not lie inside one another
 * @param multiLabel whether a part of the text may have several labels
 */
public record ExtractionOptions(double threshold, boolean flatNer, boolean multiLabel) {
    /** A probability of 0.5, no entity in another, one label each. */
    public static final ExtractionOptions DEFAULT = new ExtractionOptions(0.5, true, false);

    /** Refuses what is not a probability. */
    public ExtractionOptions {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("a threshold is between 0 and 1, not " + threshold);
        }
    }

    public ExtractionOptions withThreshold(double value) {
        return new ExtractionOptions(value, flatNer, multiLabel);
    }

    public ExtractionOptions withFlatNer(boolean value) {
        return new ExtractionOptions(threshold, value, multiLabel);
    }

    public ExtractionOptions withMultiLabel(boolean value) {
        return new ExtractionOptions(threshold, flatNer, value);
    }
}
