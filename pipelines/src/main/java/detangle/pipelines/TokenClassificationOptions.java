package detangle.pipelines;

import java.util.OptionalInt;

/**
 * How tokens become entities; the names are HuggingFace's.
 *
 * @param strategy how the labels of tokens are put together
 * @param stride tokens that two windows of a long text share; at most 128 if empty
 */
public record TokenClassificationOptions(AggregationStrategy strategy, OptionalInt stride) {
    /** Tokens one by one, windows as they suit the model. */
    public static final TokenClassificationOptions DEFAULT =
            new TokenClassificationOptions(AggregationStrategy.NONE, OptionalInt.empty());

    public TokenClassificationOptions withStrategy(AggregationStrategy value) {
        return new TokenClassificationOptions(value, stride);
    }

    public TokenClassificationOptions withStride(int value) {
        return new TokenClassificationOptions(strategy, OptionalInt.of(value));
    }
}
