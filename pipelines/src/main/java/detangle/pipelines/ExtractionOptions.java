package detangle.pipelines;

import java.util.OptionalDouble;

/**
 * The options by which an {@link EntityExtractor} chooses entities; the names and the numbers of {@link #DEFAULT} are
 * GLiNER's.
 *
 * @param threshold the least probability
 * @param flatNer whether entities may not lie inside one another
 * @param multiLabel whether a part of the text may have several labels
 * @param mergeAdjacent whether entities of one label that stand next to each other, or with one character between them,
 *     become one, as NuNER Zero wants it; its score is the lowest of theirs
 * @param classProbabilities whether the answer has the most probable labels of each entity, at most five; only models
 *     that score spans can do this
 * @param longTexts the treatment of texts that are longer than the model takes
 * @param relationThreshold the least probability of a relation; that of entities if empty
 * @param adjacencyThreshold the least probability that two entities are related at all, which some models compute
 *     first; that of entities if empty
 */
public record ExtractionOptions(
        double threshold,
        boolean flatNer,
        boolean multiLabel,
        boolean mergeAdjacent,
        boolean classProbabilities,
        LongTexts longTexts,
        OptionalDouble relationThreshold,
        OptionalDouble adjacencyThreshold) {
    /**
     * The default options: a probability of 0.5, no entity inside another, one label each, and long texts in windows.
     */
    public static final ExtractionOptions DEFAULT = new ExtractionOptions(0.5, true, false);

    /**
     * Checks the thresholds.
     *
     * @throws IllegalArgumentException if a threshold is not between 0 and 1, or if {@code mergeAdjacent} and {@code
     *     classProbabilities} are both asked for
     */
    public ExtractionOptions {
        requireProbability(threshold);
        if (mergeAdjacent && classProbabilities) {
            throw new IllegalArgumentException(
                    "probabilities of labels are those of a span, and spans that are joined have none: ask for one of"
                            + " classProbabilities and mergeAdjacent");
        }
        relationThreshold.ifPresent(ExtractionOptions::requireProbability);
        adjacencyThreshold.ifPresent(ExtractionOptions::requireProbability);
    }

    /** Makes options of these three; the others are those of {@link #DEFAULT}. */
    public ExtractionOptions(double threshold, boolean flatNer, boolean multiLabel) {
        this(
                threshold,
                flatNer,
                multiLabel,
                false,
                false,
                LongTexts.WINDOWS,
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    private static void requireProbability(double threshold) {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("a threshold must be between 0 and 1, not " + threshold);
        }
    }

    public ExtractionOptions withThreshold(double value) {
        return new ExtractionOptions(
                value,
                flatNer,
                multiLabel,
                mergeAdjacent,
                classProbabilities,
                longTexts,
                relationThreshold,
                adjacencyThreshold);
    }

    public ExtractionOptions withFlatNer(boolean value) {
        return new ExtractionOptions(
                threshold,
                value,
                multiLabel,
                mergeAdjacent,
                classProbabilities,
                longTexts,
                relationThreshold,
                adjacencyThreshold);
    }

    public ExtractionOptions withMultiLabel(boolean value) {
        return new ExtractionOptions(
                threshold,
                flatNer,
                value,
                mergeAdjacent,
                classProbabilities,
                longTexts,
                relationThreshold,
                adjacencyThreshold);
    }

    public ExtractionOptions withMergeAdjacent(boolean value) {
        return new ExtractionOptions(
                threshold,
                flatNer,
                multiLabel,
                value,
                classProbabilities,
                longTexts,
                relationThreshold,
                adjacencyThreshold);
    }

    public ExtractionOptions withClassProbabilities(boolean value) {
        return new ExtractionOptions(
                threshold, flatNer, multiLabel, mergeAdjacent, value, longTexts, relationThreshold, adjacencyThreshold);
    }

    public ExtractionOptions withLongTexts(LongTexts value) {
        return new ExtractionOptions(
                threshold,
                flatNer,
                multiLabel,
                mergeAdjacent,
                classProbabilities,
                value,
                relationThreshold,
                adjacencyThreshold);
    }

    public ExtractionOptions withRelationThreshold(double value) {
        return new ExtractionOptions(
                threshold,
                flatNer,
                multiLabel,
                mergeAdjacent,
                classProbabilities,
                longTexts,
                OptionalDouble.of(value),
                adjacencyThreshold);
    }

    public ExtractionOptions withAdjacencyThreshold(double value) {
        return new ExtractionOptions(
                threshold,
                flatNer,
                multiLabel,
                mergeAdjacent,
                classProbabilities,
                longTexts,
                relationThreshold,
                OptionalDouble.of(value));
    }
}
