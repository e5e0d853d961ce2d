package detangle.pipelines.schema;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A kind of relations, each of a head and a tail.
 *
 * @param name its name in the prompt: {@code works for}
 * @param description more words, which the model does not read, because GLiNER2 leaves them out of the prompt
 * @param threshold the least probability of head and tail; that of the call if empty
 */
public record RelationKind(String name, Optional<String> description, OptionalDouble threshold) implements Schema.Part {
    /** Refuses a blank name and a threshold that is not a probability. */
    public RelationKind {
        Schema.named("relations", name);
        threshold.ifPresent(value -> Schema.probability("the relation '" + name + "'", value));
    }

    public static RelationKind of(String name) {
        return new RelationKind(name, Optional.empty(), OptionalDouble.empty());
    }

    public RelationKind withThreshold(double value) {
        return new RelationKind(name, description, OptionalDouble.of(value));
    }
}
