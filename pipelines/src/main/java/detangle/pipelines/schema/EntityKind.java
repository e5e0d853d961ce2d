package detangle.pipelines.schema;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A kind of entities.
 *
 * @param name its name in the prompt: {@code person}, {@code credit card number}
 * @param description more words for the model
 * @param type whether only the best entity is kept
 * @param threshold the least probability; that of the call if empty
 */
public record EntityKind(String name, Optional<String> description, ValueType type, OptionalDouble threshold) {
    /** Refuses a blank name and a threshold that is not a probability. */
    public EntityKind {
        Schema.named("entities", name);
        threshold.ifPresent(value -> Schema.probability("the entity '" + name + "'", value));
    }

    /** Returns a kind with any number of entities, without a description. */
    public static EntityKind of(String name) {
        return new EntityKind(name, Optional.empty(), ValueType.LIST, OptionalDouble.empty());
    }

    /**
     * Returns this kind where it is named again, as GLiNER2's builder replaces it: a description stays if the other has none
     * (gliner2/inference/schema.py:287-314).
     */
    EntityKind replacedBy(EntityKind again) {
        return new EntityKind(name, again.description.or(() -> description), again.type, again.threshold);
    }

    public EntityKind withDescription(String value) {
        return new EntityKind(name, Optional.of(value), type, threshold);
    }

    public EntityKind withType(ValueType value) {
        return new EntityKind(name, description, value, threshold);
    }

    public EntityKind withThreshold(double value) {
        return new EntityKind(name, description, type, OptionalDouble.of(value));
    }
}
