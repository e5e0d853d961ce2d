package detangle.pipelines;

import java.util.List;
import java.util.OptionalInt;

/**
 * The options by which tokens become entities; the names are HuggingFace's.
 *
 * @param strategy how the labels of tokens are put together
 * @param stride tokens that two windows of a long text share; at most 128 if empty
 * @param ignoreLabels labels whose tokens or entities are left out
 */
public record TokenClassificationOptions(AggregationStrategy strategy, OptionalInt stride, List<String> ignoreLabels) {
    /** Tokens one by one, windows as they suit the model, without the label O of what is outside of any entity. */
    public static final TokenClassificationOptions DEFAULT =
            new TokenClassificationOptions(AggregationStrategy.NONE, OptionalInt.empty(), List.of("O"));

    /** Keeps a copy. */
    public TokenClassificationOptions {
        ignoreLabels = List.copyOf(ignoreLabels);
    }

    public TokenClassificationOptions withStrategy(AggregationStrategy value) {
        return new TokenClassificationOptions(value, stride, ignoreLabels);
    }

    public TokenClassificationOptions withStride(int value) {
        return new TokenClassificationOptions(strategy, OptionalInt.of(value), ignoreLabels);
    }

    public TokenClassificationOptions withIgnoreLabels(List<String> value) {
        return new TokenClassificationOptions(strategy, stride, value);
    }
}
