package detangle.pipelines;

/**
 * A label and how sure the model is of it.
 *
 * @param score a probability; for a regression model the value itself
 */
public record Classification(String label, double score) {}
