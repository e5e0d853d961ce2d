package detangle.pipelines.schema;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A group of labels that entities get in addition to their kind: {@code sentiment} with {@code positive} and {@code
 * negative}.
 *
 * @param name the name of the group
 * @param labels the values
 * @param multiLabel whether each label is judged by itself; otherwise the best one is chosen
 * @param threshold the least probability of a label, if each is judged by itself
 * @param appliesTo the kinds of entities that have the attribute; all if empty
 * @param qualified whether the model is prompted with {@code name: label} in place of the label alone
 */
public record AttributeGroup(
        String name,
        List<String> labels,
        boolean multiLabel,
        double threshold,
        Optional<List<String>> appliesTo,
        boolean qualified) {
    /** Properties of an entity in an answer. */
    private static final Set<String> RESERVED = Set.of("text", "confidence", "start", "end");

    private static final double DEFAULT_THRESHOLD = 0.5;

    /**
     * Keeps copies of the lists.
     *
     * @throws SchemaException if there are no labels, if a label is blank or occurs twice, if the threshold is not a
     *     probability, or if answers have a property of the same name
     */
    public AttributeGroup {
        labels = List.copyOf(labels);
        appliesTo = appliesTo.map(List::copyOf);
        Schema.named("attribute groups", name);
        if (RESERVED.contains(name)) {
            throw new SchemaException("an attribute group is called '" + name + "', as answers call a property of"
                    + " each entity: rename it");
        }
        if (labels.isEmpty()) {
            throw new SchemaException("the attribute group '" + name + "' has no labels");
        }
        Schema.distinct("labels of the attribute group '" + name + "'", labels);
        Schema.probability("the attribute group '" + name + "'", threshold);
    }

    /** Returns a group of which each entity has one label. */
    public static AttributeGroup of(String name, String... labels) {
        return new AttributeGroup(name, List.of(labels), false, DEFAULT_THRESHOLD, Optional.empty(), false);
    }

    /** Returns the words for a label in the prompt. */
    public String prompt(String label) {
        return qualified ? name + ": " + label : label;
    }

    /** Returns whether entities of a kind have the attribute. */
    public boolean appliesTo(String kind) {
        return appliesTo.map(kinds -> kinds.contains(kind)).orElse(true);
    }
}
