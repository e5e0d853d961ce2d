package detangle.pipelines.schema;

import detangle.models.deberta.ConfigFields;
import detangle.pipelines.schema.ClassificationTask.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Reads schemas from JSON. An object has the parts by their kinds, as GLiNER2's {@code Schema.from_dict} takes them,
 * and further properties that GLiNER2's builder takes:
 *
 * <pre>{@code
 * {"entities": ["person", "city"],
 *  "attributes": {"tense": {"labels": ["past", "present"]}},
 *  "structures": {"event": {"fields": ["who::str", {"name": "kind", "choices": ["war", "travel"]}]}},
 *  "relations": ["works for"],
 *  "classifications": [{"task": "topic", "labels": ["sport", "money"]}]}
 * }</pre>
 *
 * An array, or an object with the property {@code steps}, has the builder's steps: {@code {"do": "entities", "types":
 * [...]}}. Unknown properties are refused. As with the builder, steps may ask for nothing, and may name a kind of
 * entities or relations twice. As in {@code from_dict}, an object of parts may not.
 */
public final class SchemaReader {
    private static final Set<String> PARTS =
            Set.of("entities", "attributes", "structures", "relations", "classifications");
    /** The properties of a structure that say what its instances are. */
    private static final Set<String> RECORD = Set.of("mode", "anchor", "occurrence_policy");

    /** The values of a field that only training reads: it says which of several places of a text counts. */
    private static final String[] OCCURRENCES = {"all", "first", "error_on_ambiguous", "latent_all"};

    private static final double DEFAULT_THRESHOLD = 0.5;

    private final List<Schema.Part> parts = new ArrayList<>();

    private SchemaReader() {}

    /**
     * Reads a file.
     *
     * @throws detangle.models.deberta.ConfigException if the file cannot be read, is not JSON, or has a property twice
     * @throws SchemaException if the schema is not valid; it names the file and the property at fault
     */
    public static Schema read(Path file) {
        JsonNode root = ConfigFields.readStrictly(file);
        try {
            return of(root);
        } catch (SchemaException e) {
            throw new SchemaException(file + ": " + e.getMessage(), e);
        }
    }

    /** Returns the schema that a value states. It throws a {@link SchemaException} that names the property at fault. */
    public static Schema of(JsonNode root) {
        SchemaReader reader = new SchemaReader();
        if (root.isArray()) {
            reader.steps(root, "the schema");
        } else if (root.isObject() && root.has("steps")) {
            JsonProperties all = JsonProperties.of(root, "the schema").allowing(Set.of("steps"));
            reader.steps(all.find("steps").orElseThrow(() -> all.fault("steps", "is null")), "steps");
        } else {
            reader.parts(JsonProperties.of(root, "the schema").allowing(PARTS));
            if (reader.parts.isEmpty()) {
                throw new SchemaException(
                        "the schema asks for nothing: give it entities, structures, relations or classifications");
            }
        }
        return Schema.of(reader.parts);
    }

    private void parts(JsonProperties all) {
        all.find("structures")
                .ifPresent(node -> JsonProperties.of(node, "structures")
                        .forEach((name, structure) -> structure(name, structure, "structures." + name)));
        all.find("entities").ifPresent(node -> {
            requireDistinct(node, "entities");
            List<EntityKind> kinds = kinds(node, "entities", ValueType.LIST, OptionalDouble.empty());
            parts.add(new Entities(kinds, List.of()));
        });
        all.find("attributes").ifPresent(node -> attributes(node, "attributes"));
        all.find("relations").ifPresent(node -> {
            requireDistinct(node, "relations");
            relations(node, "relations", OptionalDouble.empty());
        });
        all.find("classifications").ifPresent(node -> {
            int index = 0;
            for (JsonNode task : JsonProperties.array(node, "classifications")) {
                String where = "classifications[" + index++ + "]";
                parts.add(several(
                        classification(JsonProperties.of(task, where).allowing(JsonProperties.CLASSIFICATION))));
            }
        });
    }

    /** Refuses a list in an object of parts that has a name twice. */
    private static void requireDistinct(JsonNode node, String where) {
        if (!node.isObject()) {
            Schema.distinct(where, JsonProperties.texts(node, where));
        }
    }

    private static ClassificationTask several(ClassificationTask task) {
        if (task.labels().size() < 2) {
            throw new SchemaException("the classification '" + task.task() + "' has "
                    + task.labels().size() + " labels; it must have at least two");
        }
        Schema.distinct(
                "labels of the classification '" + task.task() + "'",
                task.labels().stream().map(ClassificationTask.Label::name).toList());
        return task;
    }

    private void steps(JsonNode steps, String where) {
        int index = 0;
        for (JsonNode node : JsonProperties.array(steps, where)) {
            JsonProperties step = JsonProperties.of(node, "step " + ++index);
            String kind = step.text("do").orElseThrow(() -> step.fault("do", "is missing"));
            JsonProperties options = step.object("options");
            switch (kind) {
                case "entities" -> {
                    step.allowing(Set.of("do", "types", "options"));
                    options.allowing(Set.of("dtype", "threshold"));
                    List<EntityKind> kinds = kinds(
                            step.required("types"), step.where("types"), type(options), options.number("threshold"));
                    if (!kinds.isEmpty()) {
                        parts.add(new Entities(kinds, List.of()));
                    }
                }
                case "attributes" -> {
                    step.allowing(Set.of("do", "groups"));
                    attributes(step.required("groups"), step.where("groups"));
                }
                case "relations" -> {
                    step.allowing(Set.of("do", "types", "options"));
                    options.allowing(Set.of("threshold"));
                    relations(step.required("types"), step.where("types"), options.number("threshold"));
                }
                case "classification" -> {
                    step.allowing(Set.of("do", "task", "labels", "options"));
                    parts.add(classification(step.joined(options).allowing(JsonProperties.CLASSIFICATION)));
                }
                case "structure" -> {
                    step.allowing(Set.of("do", "name", "fields", "options"));
                    structure(
                            step.requiredText("name"),
                            step.required("fields"),
                            step.where("fields"),
                            options.allowing(RECORD));
                }
                default ->
                    throw step.fault(
                            "do",
                            "is '" + kind
                                    + "'; known are entities, attributes, relations, classification and structure");
            }
        }
    }

    /** Returns the kinds of a list; a kind that it names twice counts once. */
    private static List<EntityKind> kinds(JsonNode node, String where, ValueType type, OptionalDouble threshold) {
        List<EntityKind> kinds = new ArrayList<>();
        if (node.isObject()) {
            JsonProperties.of(node, where)
                    .forEach((name, value) -> kinds.add(kind(name, value, where + "." + name, type, threshold)));
        } else {
            new LinkedHashSet<>(JsonProperties.texts(node, where))
                    .forEach(name -> kinds.add(new EntityKind(name, Optional.empty(), type, threshold)));
        }
        return kinds;
    }

    private static EntityKind kind(
            String name, JsonNode value, String where, ValueType type, OptionalDouble threshold) {
        if (value.isString()) {
            return new EntityKind(name, Optional.of(value.stringValue()), type, threshold);
        }
        JsonProperties fields = JsonProperties.of(value, where).allowing(Set.of("description", "dtype", "threshold"));
        return new EntityKind(
                name,
                fields.text("description"),
                fields.find("dtype").isPresent() ? type(fields) : type,
                fields.find("threshold").isPresent() ? fields.number("threshold") : threshold);
    }

    private static ValueType type(JsonProperties fields) {
        return fields.word("dtype", ValueType.values(), ValueType::text).orElse(ValueType.LIST);
    }

    /** Adds attributes to the entities that the schema already has. */
    private void attributes(JsonNode node, String where) {
        List<AttributeGroup> groups = new ArrayList<>();
        JsonProperties.of(node, where).forEach((name, value) -> {
            String at = where + "." + name;
            JsonProperties fields = JsonProperties.of(value, at)
                    .allowing(Set.of("labels", "multi_label", "threshold", "applies_to", "qualify_labels"));
            groups.add(new AttributeGroup(
                    name,
                    JsonProperties.texts(fields.required("labels"), fields.where("labels")),
                    fields.flag("multi_label"),
                    fields.number("threshold").orElse(DEFAULT_THRESHOLD),
                    fields.find("applies_to").map(all -> JsonProperties.texts(all, fields.where("applies_to"))),
                    fields.flag("qualify_labels")));
        });
        List<Entities> all = parts.stream()
                .filter(Entities.class::isInstance)
                .map(Entities.class::cast)
                .toList();
        if (all.isEmpty()) {
            throw new SchemaException(where + " is there without entities: name them before");
        }
        parts.removeAll(all);
        parts.add(all.stream().reduce(Entities::and).orElseThrow().withAttributes(groups));
    }

    private void relations(JsonNode node, String where, OptionalDouble threshold) {
        if (!node.isObject()) {
            new LinkedHashSet<>(JsonProperties.texts(node, where))
                    .forEach(name -> parts.add(new RelationKind(name, Optional.empty(), threshold)));
            return;
        }
        JsonProperties.of(node, where).forEach((name, value) -> {
            if (value.isString()) {
                parts.add(new RelationKind(name, Optional.of(value.stringValue()), threshold));
                return;
            }
            JsonProperties fields =
                    JsonProperties.of(value, where + "." + name).allowing(Set.of("description", "threshold"));
            OptionalDouble own = fields.number("threshold");
            parts.add(new RelationKind(name, fields.text("description"), own.isPresent() ? own : threshold));
        });
    }

    private static ClassificationTask classification(JsonProperties fields) {
        JsonNode labels = fields.required("labels");
        List<ClassificationTask.Label> named = new ArrayList<>();
        if (labels.isObject()) {
            JsonProperties.of(labels, fields.where("labels")).forEach((name, description) -> {
                if (!description.isString()) {
                    throw fields.fault("labels." + name, "is not a string");
                }
                named.add(new ClassificationTask.Label(name, Optional.of(description.stringValue())));
            });
        } else {
            JsonProperties.texts(labels, fields.where("labels"))
                    .forEach(name -> named.add(ClassificationTask.Label.of(name)));
        }
        List<ClassificationTask.Example> examples = new ArrayList<>();
        fields.find("examples").ifPresent(node -> {
            for (JsonNode pair : JsonProperties.array(node, fields.where("examples"))) {
                List<String> two = JsonProperties.texts(pair, fields.where("examples"));
                if (two.size() != 2) {
                    throw fields.fault("examples", "has an example that is not a text and its label");
                }
                examples.add(new ClassificationTask.Example(two.getFirst(), two.getLast()));
            }
        });
        return new ClassificationTask(
                fields.requiredText("task"),
                named,
                fields.flag("multi_label"),
                fields.number("cls_threshold").orElse(DEFAULT_THRESHOLD),
                fields.text("prompt"),
                examples,
                activation(fields));
    }

    private static Optional<Activation> activation(JsonProperties fields) {
        return fields.text("class_act")
                .filter(word -> !word.equals("auto"))
                .map(word -> Arrays.stream(Activation.values())
                        .filter(a -> a.name().toLowerCase(Locale.ROOT).equals(word))
                        .findFirst()
                        .orElseThrow(() ->
                                fields.fault("class_act", "is '" + word + "'; known are auto, sigmoid and softmax")));
    }

    /** @param node the fields, or an object that has them */
    private void structure(String name, JsonNode node, String where) {
        if (node.isObject()) {
            Set<String> known = new HashSet<>(RECORD);
            known.add("fields");
            JsonProperties structure = JsonProperties.of(node, where).allowing(known);
            structure(name, structure.required("fields"), structure.where("fields"), structure);
        } else {
            structure(name, node, where, JsonProperties.of(JsonNodeFactory.instance.objectNode(), where));
        }
    }

    /** @param options what instances are made of */
    private void structure(String name, JsonNode fields, String where, JsonProperties options) {
        SequencedMap<String, StructureField> all = new LinkedHashMap<>();
        int index = 0;
        for (JsonNode node : JsonProperties.array(fields, where)) {
            String one = where + "[" + index++ + "]";
            StructureField field = node.isString() ? FieldNotation.read(node.stringValue()) : field(node, one);
            if (all.containsKey(field.name())) {
                checkDescription(all, field, one);
            }
            all.merge(field.name(), field, StructureField::replacedBy);
        }
        options.word("occurrence_policy", OCCURRENCES, word -> word);
        parts.add(new Structure(
                name,
                List.copyOf(all.values()),
                options.word("mode", RecordMode.values(), RecordMode::text),
                options.text("anchor")));
    }

    /**
     * GLiNER2 prompts with descriptions in the order in which they were given, and this class with those of fields in
     * the order of the fields.
     */
    private static void checkDescription(
            SequencedMap<String, StructureField> known, StructureField again, String where) {
        boolean isNew = again.description().isPresent()
                && known.get(again.name()).description().isEmpty();
        boolean othersBetween = known.values().stream()
                .dropWhile(field -> !field.name().equals(again.name()))
                .anyMatch(field -> field.description().isPresent());
        if (isNew && othersBetween) {
            throw new SchemaException(where + " describes the field '" + again.name()
                    + "' after other fields: describe it where it is named first");
        }
    }

    private static StructureField field(JsonNode node, String where) {
        JsonProperties fields = JsonProperties.of(node, where)
                .allowing(Set.of(
                        "name",
                        "dtype",
                        "choices",
                        "description",
                        "threshold",
                        "validators",
                        "cardinality",
                        "exclusive"));
        List<Validator> validators = new ArrayList<>();
        fields.find("validators").ifPresent(all -> {
            for (JsonNode validator : JsonProperties.array(all, fields.where("validators"))) {
                validators.add(validator(validator, fields.where("validators")));
            }
        });
        return new StructureField(
                fields.requiredText("name"),
                type(fields),
                fields.find("choices")
                        .map(all -> JsonProperties.texts(all, fields.where("choices")))
                        .orElse(List.of()),
                // An empty description is none.
                fields.text("description").filter(text -> !text.isEmpty()),
                fields.number("threshold"),
                validators,
                fields.word("cardinality", Cardinality.values(), Cardinality::text),
                fields.flag("exclusive"));
    }

    private static Validator validator(JsonNode node, String where) {
        JsonProperties fields = JsonProperties.of(node, where).allowing(Set.of("pattern", "mode", "exclude"));
        String expression = fields.requiredText("pattern");
        Validator.Mode mode = fields.word(
                        "mode", Validator.Mode.values(), m -> m.name().toLowerCase(Locale.ROOT))
                .orElse(Validator.Mode.FULL);
        return new Validator(PythonPattern.compile(expression), mode, fields.flag("exclude"));
    }
}
