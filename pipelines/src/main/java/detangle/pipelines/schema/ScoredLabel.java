package detangle.pipelines.schema;

/**
 * A label, or a choice of a field, with its probability.
 *
 * @param label its name in the schema
 * @param confidence its probability
 */
public record ScoredLabel(String label, double confidence) {}
