package detangle.pipelines.schema;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A field of a structure.
 *
 * @param name its name in the prompt
 * @param type whether it has one value, which is then the first in the text that reaches the threshold, as in GLiNER2
 * @param choices the values that it may have, which need not occur in the text; if empty, values are parts of the text
 * @param description more words for the model
 * @param threshold the least probability of a value; that of the call if empty
 * @param validators the validators that all values must pass; choices are not checked
 * @param cardinality the number of values in a structure with a mode; type, choices, threshold and validators then have
 *     no effect
 * @param exclusive whether a part of the text is a value of at most one record, in a structure with a mode
 */
public record StructureField(
        String name,
        ValueType type,
        List<String> choices,
        Optional<String> description,
        OptionalDouble threshold,
        List<Validator> validators,
        Optional<Cardinality> cardinality,
        boolean exclusive) {
    /** Keeps copies of the lists. Refuses blank names and choices, and a threshold that is not a probability. */
    public StructureField {
        choices = List.copyOf(choices);
        validators = List.copyOf(validators);
        Schema.named("fields", name);
        choices.forEach(choice -> Schema.named("choices of the field '" + name + "'", choice));
        threshold.ifPresent(value -> Schema.probability("the field '" + name + "'", value));
    }

    /** Returns a field with any number of values, which are parts of the text. */
    public static StructureField of(String name) {
        return new StructureField(name, ValueType.LIST, List.of(), Optional.empty());
    }

    /** Makes a field without a threshold and validators, with any number of values in a record. */
    StructureField(String name, ValueType type, List<String> choices, Optional<String> description) {
        this(name, type, choices, description, OptionalDouble.empty(), List.of(), Optional.empty(), false);
    }

    /**
     * Returns this field where it is named again, as GLiNER2's builder replaces it: a description stays if the other has none,
     * and so do cardinality and exclusiveness if the other has neither (gliner2/inference/schema.py:103-135).
     */
    StructureField replacedBy(StructureField again) {
        boolean ofRecord = again.cardinality.isPresent() || again.exclusive;
        return new StructureField(
                name,
                again.type,
                again.choices,
                again.description.or(() -> description),
                again.threshold,
                again.validators,
                ofRecord ? again.cardinality : cardinality,
                ofRecord ? again.exclusive : exclusive);
    }

    public StructureField withType(ValueType value) {
        return new StructureField(name, value, choices, description, threshold, validators, cardinality, exclusive);
    }

    public StructureField withChoices(String... values) {
        return new StructureField(
                name, type, List.of(values), description, threshold, validators, cardinality, exclusive);
    }

    public StructureField withDescription(String value) {
        return new StructureField(
                name, type, choices, Optional.of(value), threshold, validators, cardinality, exclusive);
    }

    public StructureField withThreshold(double value) {
        return new StructureField(
                name, type, choices, description, OptionalDouble.of(value), validators, cardinality, exclusive);
    }

    public StructureField withValidators(Validator... values) {
        return new StructureField(name, type, choices, description, threshold, List.of(values), cardinality, exclusive);
    }

    public StructureField withCardinality(Cardinality value) {
        return new StructureField(
                name, type, choices, description, threshold, validators, Optional.of(value), exclusive);
    }

    public StructureField withExclusive(boolean value) {
        return new StructureField(name, type, choices, description, threshold, validators, cardinality, value);
    }
}
