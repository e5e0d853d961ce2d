package detangle.pipelines;

import java.util.OptionalDouble;

/**
 * Which entities are kept; the names and the numbers of {@link #DEFAULT} are GLiNER's.
 *
 * @param threshold the least probability
 * @param flatNer whether entities may not lie inside one another
 * @param multiLabel whether a part of the text may have several labels
 * @param mergeAdjacent whether entities of one label that stand next to each other, or with one character between them, become one, as
 *     NuNER Zero wants it; its score is the lowest of theirs
 * @param longTexts what becomes of texts that are longer than the model takes
 * @param relationThreshold the least probability of a relation; that of entities if empty
 * @param adjacencyThreshold the least probability that two entities are related at all, which some models tell first; that of entities if
 *     empty
 */
public record ExtractionOptions(
        double threshold,
        boolean flatNer,
        boolean multiLabel,
        boolean mergeAdjacent,
        LongTexts longTexts,
        OptionalDouble relationThreshold,
        OptionalDouble adjacencyThreshold) {
    /** A probability of 0.5, no entity in another, one label each; long texts are read in windows. */
    public static final ExtractionOptions DEFAULT = new ExtractionOptions(0.5, true, false);

    /** Refuses what is not a probability. */
    public ExtractionOptions {
        requireProbability(threshold);
        relationThreshold.ifPresent(ExtractionOptions::requireProbability);
        adjacencyThreshold.ifPresent(ExtractionOptions::requireProbability);
    }

    /** These three, and otherwise what {@link #DEFAULT} has. */
    public ExtractionOptions(double threshold, boolean flatNer, boolean multiLabel) {
        this(threshold, flatNer, multiLabel, false, LongTexts.WINDOWS, OptionalDouble.empty(), OptionalDouble.empty());
    }

    private static void requireProbability(double threshold) {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("a threshold is between 0 and 1, not " + threshold);
        }
    }

    public ExtractionOptions withThreshold(double value) {
        return new ExtractionOptions(
                value, flatNer, multiLabel, mergeAdjacent, longTexts, relationThreshold, adjacencyThreshold);
    }

    public ExtractionOptions withFlatNer(boolean value) {
        return new ExtractionOptions(
                threshold, value, multiLabel, mergeAdjacent, longTexts, relationThreshold, adjacencyThreshold);
    }

    public ExtractionOptions withMultiLabel(boolean value) {
        return new ExtractionOptions(
                threshold, flatNer, value, mergeAdjacent, longTexts, relationThreshold, adjacencyThreshold);
    }

    public ExtractionOptions withMergeAdjacent(boolean value) {
        return new ExtractionOptions(
                threshold, flatNer, multiLabel, value, longTexts, relationThreshold, adjacencyThreshold);
    }

    public ExtractionOptions withLongTexts(LongTexts value) {
        return new ExtractionOptions(
                threshold, flatNer, multiLabel, mergeAdjacent, value, relationThreshold, adjacencyThreshold);
    }

    public ExtractionOptions withRelationThreshold(double value) {
        return new ExtractionOptions(
                threshold, flatNer, multiLabel, mergeAdjacent, longTexts, OptionalDouble.of(value), adjacencyThreshold);
    }

    public ExtractionOptions withAdjacencyThreshold(double value) {
        return new ExtractionOptions(
                threshold, flatNer, multiLabel, mergeAdjacent, longTexts, relationThreshold, OptionalDouble.of(value));
    }
}
