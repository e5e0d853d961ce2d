package detangle.pipelines.schema;

/**
 * A label, or a choice of a field, with its probability.
 *
 * @param label as the schema names it
 * @param confidence its probability
 */
public record ScoredLabel(String label, double confidence) {}
