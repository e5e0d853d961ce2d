package detangle.models.deberta;

import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Typed access to the fields of a JSON object; null counts as absent. Every fault names the file and the field. */
public record ConfigFields(Path file, JsonNode root) {

    /**
     * Returns the fields of a file.
     *
     * @throws ConfigException if the file is not a JSON object
     */
    public static ConfigFields read(Path file) {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new ConfigException(file, "no such file");
        }
        try {
            return parse(ModelFile.read(file));
        } catch (IOException e) {
            throw new ConfigException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Returns the fields of a file of a model, which is a folder or an artifact; exceptions as those of {@link
     * #read(Path)}.
     */
    public static ConfigFields read(Path model, String name) {
        return read(ModelFiles.of(model), name);
    }

    /** Returns the fields of one of a model's files; exceptions as those of {@link #read(Path)}. */
    public static ConfigFields read(ModelFiles files, String name) {
        try {
            return parse(files.find(name).orElseThrow(() -> new ConfigException(files.path(name), "no such file")));
        } catch (IOException e) {
            throw new ConfigException(files.path(name), "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Returns the value of a file that somebody writes by hand: JSON as the RFC has it. A property that occurs twice is
     * refused, as one of the two would be passed over.
     *
     * @throws ConfigException if it cannot be read, or is not such a file
     */
    public static JsonNode readStrictly(Path file) {
        try {
            return StrictJson.parse(PythonJson.withoutMark(ModelFile.read(file).content()));
        } catch (StrictJson.InvalidJson e) {
            throw new ConfigException(file, e.getMessage(), e);
        } catch (IOException e) {
            throw new ConfigException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static ConfigFields parse(ModelFile file) {
        JsonNode root;
        try {
            root = PythonJson.parse(file.content());
        } catch (StrictJson.InvalidJson e) {
            throw new ConfigException(file.path(), e.getMessage(), e);
        }
        if (!root.isObject()) {
            throw new ConfigException(file.path(), "not a JSON object");
        }
        return new ConfigFields(file.path(), root);
    }

    /** Returns these fields, but for one; null makes it absent. */
    public ConfigFields with(String field, Object value) {
        ObjectNode copy = (ObjectNode) root.deepCopy();
        switch (value) {
            case null -> copy.putNull(field);
            case Integer number -> copy.put(field, number.intValue());
            default -> copy.put(field, value.toString());
        }
        return new ConfigFields(file, copy);
    }

    /** Returns these fields with the names of classes, by index, instead of their former names and number. */
    public ConfigFields withLabels(List<String> labels) {
        ObjectNode copy = (ObjectNode) root.deepCopy();
        copy.remove(List.of("num_labels", "_num_labels"));
        ObjectNode byId = copy.putObject("id2label");
        ObjectNode byLabel = copy.putObject("label2id");
        for (int i = 0; i < labels.size(); i++) {
            byId.put(Integer.toString(i), labels.get(i));
            byLabel.put(labels.get(i), i);
        }
        return new ConfigFields(file, copy);
    }

    /** Returns the names of all fields, in the file's order. */
    public Collection<String> names() {
        return root.propertyNames();
    }

    public Optional<JsonNode> find(String field) {
        JsonNode node = root.path(field);
        return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
    }

    /**
     * Returns the fields of an object inside this one, none if it is absent; microsoft's code has one for the pooler.
     */
    public ConfigFields object(String field) {
        JsonNode node = find(field).orElseGet(JsonNodeFactory.instance::objectNode);
        if (!node.isObject()) {
            throw fault(field, "is not an object");
        }
        return new ConfigFields(file, node);
    }

    public Optional<String> text(String field) {
        return find(field).map(node -> {
            if (!node.isString()) {
                throw fault(field, "is not a string");
            }
            return node.stringValue();
        });
    }

    public boolean flag(String field, boolean otherwise) {
        return find(field)
                .map(node -> {
                    if (!node.isBoolean()) {
                        throw fault(field, "is not true or false");
                    }
                    return node.booleanValue();
                })
                .orElse(otherwise);
    }

    /** Returns an integer of any sign. */
    public int integer(String field, int otherwise) {
        return find(field).map(node -> integer(field, node)).orElse(otherwise);
    }

    int integer(String field, JsonNode node) {
        return whole(node).orElseThrow(() -> fault(field, "is not an integer that fits: " + node));
    }

    /** Returns the integer that a number is; Python takes 16.0 and 16e0 for one in most places, and writes them. */
    public static OptionalInt whole(JsonNode node) {
        if (node.isIntegralNumber()) {
            return node.canConvertToInt() ? OptionalInt.of(node.intValue()) : OptionalInt.empty();
        }
        double value = node.isNumber() ? node.doubleValue() : Double.NaN;
        return (int) value == value ? OptionalInt.of((int) value) : OptionalInt.empty();
    }

    /** Returns a number of at least {@code minimum}. */
    public int atLeast(int minimum, String field, int otherwise) {
        int value = integer(field, otherwise);
        if (value < minimum) {
            throw fault(field, "is " + value + "; it must be at least " + minimum);
        }
        return value;
    }

    /**
     * Returns a number from {@code minimum} to {@code maximum}; larger ones would take all memory before anything is
     * found wrong.
     */
    public int between(int minimum, int maximum, String field, int otherwise) {
        return atMost(maximum, field, atLeast(minimum, field, otherwise));
    }

    int atMost(int maximum, String field, int value) {
        if (value > maximum) {
            throw fault(field, "is " + value + "; it must be at most " + maximum);
        }
        return value;
    }

    /** Returns the number of {@link #required(String)}, which is at most {@code maximum}. */
    public int required(String field, int maximum) {
        return atMost(maximum, field, required(field));
    }

    /** Returns a positive integer that the file must state: a default would be another model's size. */
    public int required(String field) {
        if (find(field).isEmpty()) {
            throw fault(
                    field,
                    "is missing"
                            + Misspellings.near(field, names())
                                    .map(near -> "; " + near + " stands one letter from it")
                                    .orElse(""));
        }
        return atLeast(1, field, 0);
    }

    /** Returns a finite number. */
    public double number(String field, double otherwise) {
        return find(field)
                .map(node -> {
                    if (!node.isNumber() || !Double.isFinite(PythonJson.number(node))) {
                        throw fault(field, "is not a number: " + node);
                    }
                    return PythonJson.number(node);
                })
                .orElse(otherwise);
    }

    /** Returns a number between 0 and 1. */
    public double probability(String field, double otherwise) {
        double value = number(field, otherwise);
        if (value < 0 || value > 1) {
            throw fault(field, "is " + value + "; it must be between 0 and 1");
        }
        return value;
    }

    /** Returns a known activation, by the name that transformers gives it. */
    public HiddenActivation activation(String field, HiddenActivation otherwise) {
        return text(field)
                .map(word -> HiddenActivation.of(word)
                        .orElseThrow(() -> fault(
                                field,
                                "is '" + word + "'; supported are " + String.join(", ", HiddenActivation.allWords()))))
                .orElse(otherwise);
    }

    /** Returns an exception that names the file and the field. */
    public ConfigException fault(String field, String fault) {
        return new ConfigException(file, field + " " + fault);
    }
}
