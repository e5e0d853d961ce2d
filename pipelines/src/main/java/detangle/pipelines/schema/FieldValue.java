package detangle.pipelines.schema;

import java.util.List;

/** The values of a field in an instance of a structure; at most one value where the field is {@link ValueType#ONE}. */
public sealed interface FieldValue {
    /** Parts of the text. */
    record Mentions(List<Mention> values) implements FieldValue {
        /** Keeps a copy. */
        public Mentions {
            values = List.copyOf(values);
        }
    }

    /** Choices of the field. */
    record Choices(List<ScoredLabel> values) implements FieldValue {
        /** Keeps a copy. */
        public Choices {
            values = List.copyOf(values);
        }
    }

    /** Returns whether there is no value. */
    default boolean isEmpty() {
        return switch (this) {
            case Mentions mentions -> mentions.values().isEmpty();
            case Choices choices -> choices.values().isEmpty();
        };
    }
}
