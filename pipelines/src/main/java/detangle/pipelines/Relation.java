package detangle.pipelines;

/**
 * A relation between two entities of a text.
 *
 * @param relation the kind of relation that was asked for: {@code works for}
 * @param score its probability
 * @param head the index of the first entity in {@link Extraction#entities}
 * @param tail the index of the second entity
 */
public record Relation(String relation, double score, int head, int tail) {}
