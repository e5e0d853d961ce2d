package detangle.pipelines.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Typed access to the properties of an object in a schema; null counts as absent. Every fault names the property.
 *
 * @param path the place of the object in the schema
 */
record JsonProperties(JsonNode object, String path) {
    /** Properties of a classification. */
    static final Set<String> CLASSIFICATION =
            Set.of("task", "labels", "multi_label", "cls_threshold", "prompt", "examples", "class_act");

    /** Names and texts that a schema may hold; each takes some tokens of every prompt. */
    private static final int MAX_ELEMENTS = 10_000;

    static JsonProperties of(JsonNode node, String where) {
        if (!node.isObject()) {
            throw new SchemaException(where + " is not an object");
        }
        return new JsonProperties(node, where);
    }

    static JsonNode array(JsonNode node, String where) {
        if (!node.isArray()) {
            throw new SchemaException(where + " is not a list");
        }
        if (node.size() > MAX_ELEMENTS) {
            throw new SchemaException(
                    where + " has " + node.size() + " elements; at most " + MAX_ELEMENTS + " are taken");
        }
        return node;
    }

    /** Returns a list of texts, or one text alone. */
    static List<String> texts(JsonNode node, String where) {
        if (node.isString()) {
            return List.of(node.stringValue());
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : array(node, where)) {
            if (!text.isString()) {
                throw new SchemaException(where + " has an element that is not a string");
            }
            texts.add(text.stringValue());
        }
        return texts;
    }

    /** Refuses properties of other names. */
    JsonProperties allowing(Set<String> names) {
        for (String name : object.propertyNames()) {
            if (!names.contains(name)) {
                throw fault(
                        name,
                        names.isEmpty()
                                ? "is not a known property: leave it out"
                                : "is not a known property; known are "
                                        + names.stream().sorted().collect(Collectors.joining(", ")));
            }
        }
        return this;
    }

    void forEach(BiConsumer<String, JsonNode> action) {
        if (object.size() > MAX_ELEMENTS) {
            throw new SchemaException(
                    path + " has " + object.size() + " properties; at most " + MAX_ELEMENTS + " are taken");
        }
        object.propertyStream().forEach(p -> action.accept(p.getKey(), p.getValue()));
    }

    String where(String name) {
        return path.equals("the schema") ? name : path + "." + name;
    }

    SchemaException fault(String name, String fault) {
        return new SchemaException(where(name) + " " + fault);
    }

    Optional<JsonNode> find(String name) {
        JsonNode node = object.path(name);
        return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
    }

    JsonNode required(String name) {
        return find(name).orElseThrow(() -> fault(name, "is missing"));
    }

    Optional<String> text(String name) {
        return find(name).map(node -> {
            if (!node.isString()) {
                throw fault(name, "is not a string");
            }
            return node.stringValue();
        });
    }

    String requiredText(String name) {
        return text(name).orElseThrow(() -> fault(name, "is missing"));
    }

    boolean flag(String name) {
        return find(name)
                .map(node -> {
                    if (!node.isBoolean()) {
                        throw fault(name, "is not true or false");
                    }
                    return node.booleanValue();
                })
                .orElse(false);
    }

    OptionalDouble number(String name) {
        Optional<JsonNode> node = find(name);
        if (node.isPresent() && !node.get().isNumber()) {
            throw fault(name, "is not a number");
        }
        return node.map(n -> OptionalDouble.of(n.doubleValue())).orElse(OptionalDouble.empty());
    }

    <T> Optional<T> word(String name, T[] all, Function<T, String> text) {
        return text(name)
                .map(word -> Arrays.stream(all)
                        .filter(value -> text.apply(value).equals(word))
                        .findFirst()
                        .orElseThrow(() -> fault(
                                name,
                                "is '" + word + "'; known are "
                                        + Arrays.stream(all).map(text).collect(Collectors.joining(", ")))));
    }

    /** Returns the properties of an object inside this one; without properties if it is absent. */
    JsonProperties object(String name) {
        return of(find(name).orElseGet(JsonNodeFactory.instance::objectNode), where(name));
    }

    /** Returns these properties without {@code do} and {@code options}, together with others. */
    JsonProperties joined(JsonProperties others) {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        all.setAll((ObjectNode) others.object);
        all.setAll((ObjectNode) object);
        all.remove(List.of("do", "options"));
        return new JsonProperties(all, path);
    }
}
