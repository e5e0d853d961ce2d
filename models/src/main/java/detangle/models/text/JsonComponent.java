package detangle.models.text;

import detangle.ir.OneLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * A part of a tokenizer.json: an object of a type, with fields. Every fault is a {@link TokenizerException} that says
 * where in the file it is.
 */
final class JsonComponent {
    private static final int MAX_DEPTH = 8;
    private static final int MAX_PARTS = 64;

    /**
     * The greatest length of a text of a component, in UTF-16 units; compiled rules are longer and are read otherwise.
     */
    static final int MAX_TEXT = 1000;

    private final Path file;
    private final String where;
    private final JsonNode node;
    private final int depth;

    private JsonComponent(Path file, String where, JsonNode node, int depth) {
        this.file = file;
        this.where = where;
        this.node = node;
        this.depth = depth;
        if (!node.isObject()) {
            throw fault("is not an object");
        }
        if (depth > MAX_DEPTH) {
            throw fault("is nested more than " + MAX_DEPTH + " deep");
        }
    }

    static JsonComponent of(Path file, String where, JsonNode node) {
        return new JsonComponent(file, where, node, 0);
    }

    TokenizerException fault(String fault) {
        return new TokenizerException(file, where + " " + fault);
    }

    TokenizerException fault(String fault, Throwable cause) {
        return new TokenizerException(file, where + " " + fault, cause);
    }

    Path file() {
        return file;
    }

    JsonNode node(String name) {
        return node.path(name);
    }

    String type() {
        return text("type");
    }

    /** Returns the component, which has no other fields than these and its type. */
    JsonComponent with(String... names) {
        Set<String> known = Set.of(names);
        for (String name : node.propertyNames()) {
            if (!known.contains(name) && !name.equals("type")) {
                throw fault("has a field " + quoted(name) + ", which is not known" + ofType());
            }
        }
        return this;
    }

    /** Returns what is said of a type that is not among those that a tokenizer of DeBERTa's has. */
    TokenizerException unknownType() {
        return fault("is of type " + quoted(type()) + ", which is not supported");
    }

    boolean flag(String name) {
        JsonNode value = node.path(name);
        if (!value.isBoolean()) {
            throw fault("needs " + name + ", true or false" + ofType());
        }
        return value.booleanValue();
    }

    boolean flag(String name, boolean otherwise) {
        return has(name) ? flag(name) : otherwise;
    }

    Optional<Boolean> optionalFlag(String name) {
        return has(name) ? Optional.of(flag(name)) : Optional.empty();
    }

    String text(String name) {
        JsonNode value = node.path(name);
        if (!value.isString()) {
            throw fault("needs " + name + ", a text" + (name.equals("type") ? "" : ofType()));
        }
        if (value.stringValue().length() > MAX_TEXT) {
            throw fault(name + " is " + value.stringValue().length() + " characters long; at most " + MAX_TEXT
                    + " are taken");
        }
        return value.stringValue();
    }

    String text(String name, String otherwise) {
        return has(name) ? text(name) : otherwise;
    }

    /** Returns a text of one character. */
    int character(String name) {
        String text = text(name);
        if (text.codePointCount(0, text.length()) != 1) {
            throw fault("needs " + name + ", one character" + ofType());
        }
        return text.codePointAt(0);
    }

    /** Returns a whole number that is not negative. */
    long count(String name) {
        JsonNode value = node.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
            throw fault("needs " + name + ", a whole number that is not negative" + ofType());
        }
        return value.longValue();
    }

    boolean has(String name) {
        return node.has(name) && !node.path(name).isNull();
    }

    /** Reads one of some names and returns its index. */
    int choice(String name, List<String> choices) {
        int index = choices.indexOf(text(name));
        if (index < 0) {
            throw fault("has the " + name + " " + quoted(text(name)) + "; there are " + String.join(", ", choices));
        }
        return index;
    }

    /** Returns the components of an array. */
    List<JsonComponent> parts(String name) {
        JsonNode array = node.path(name);
        if (!array.isArray()) {
            throw fault("needs " + name + ", an array" + ofType());
        }
        if (array.size() > MAX_PARTS) {
            throw fault("has " + array.size() + " " + name + "; at most " + MAX_PARTS + " are taken");
        }
        List<JsonComponent> parts = new ArrayList<>();
        for (JsonNode part : array) {
            parts.add(new JsonComponent(file, where + "." + name + "[" + parts.size() + "]", part, depth + 1));
        }
        return parts;
    }

    /** Returns the object of a field. */
    JsonComponent part(String name) {
        return new JsonComponent(file, where + "." + name, node.path(name), depth + 1);
    }

    Iterable<String> names() {
        return node.propertyNames();
    }

    /** Returns a name out of the file as it may be shown: on one line, and not too long. */
    static String quoted(String name) {
        boolean cut = name.codePointCount(0, name.length()) > 60;
        String start = cut ? name.substring(0, name.offsetByCodePoints(0, 60)) : name;
        return "'" + OneLine.of(start) + (cut ? "…'" : "'");
    }

    private String ofType() {
        JsonNode type = node.path("type");
        return type.isString() ? " (" + quoted(type.stringValue()).replace("'", "") + ")" : "";
    }
}
