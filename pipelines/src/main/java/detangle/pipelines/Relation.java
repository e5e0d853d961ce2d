package detangle.pipelines;

/**
 * A relation between two entities of a text.
 *
 * @param relation what was asked for: {@code works for}
 * @param score its probability
 * @param head the place of the first entity in {@link Extraction#entities}
 * @param tail the place of the second one
 */
public record Relation(String relation, double score, int head, int tail) {}
