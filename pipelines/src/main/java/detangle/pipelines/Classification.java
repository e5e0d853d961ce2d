package detangle.pipelines;

/**
 * A label and its score.
 *
 * @param score a probability; for a regression model the value itself
 */
public record Classification(String label, double score) {}
