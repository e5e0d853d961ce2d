package detangle.ir.text;

import detangle.ir.Dim;
import detangle.ir.SizeException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The attributes of an operation in text, {@code {axis=0, start=-S+1}}: names to values, in the order written. */
final class Attributes {
    private final Map<String, String> values = new LinkedHashMap<>();

    /** An attribute is missing, unknown or of another form; the message says which. */
    static final class AttributeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AttributeException(String message) {
            super(message);
        }
    }

    Attributes put(String name, Object value) {
        if (values.putIfAbsent(name, value.toString()) != null) {
            throw new AttributeException("the attribute " + name + " is given twice");
        }
        return this;
    }

    /** A flag is written as its name alone, where it holds. */
    Attributes flag(String name, boolean holds) {
        return holds ? put(name, "") : this;
    }

    Attributes list(String name, List<?> items) {
        return put(name, items.stream().map(Object::toString).collect(Collectors.joining(",", "[", "]")));
    }

    private String take(String name) {
        String value = values.remove(name);
        if (value == null) {
            throw new AttributeException("the attribute " + name + " is missing");
        }
        return value;
    }

    boolean takeFlag(String name) {
        return Optional.ofNullable(values.remove(name))
                .map(v -> {
                    if (!v.isEmpty()) {
                        throw new AttributeException(name + " takes no value");
                    }
                    return true;
                })
                .orElse(false);
    }

    int takeInt(String name) {
        return integer(name, take(name));
    }

    private static int integer(String name, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new AttributeException(name + "=" + text + " is no whole number");
        }
    }

    long takeLong(String name) {
        String text = take(name);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new AttributeException(name + "=" + text + " is no whole number");
        }
    }

    double takeDouble(String name) {
        String text = take(name);
        return Numbers.parse(text).orElseThrow(() -> new AttributeException(name + "=" + text + " is not a number"));
    }

    Dim takeDim(String name) {
        try {
            return Dim.parse(take(name));
        } catch (SizeException e) {
            throw new AttributeException(name + ": " + e.getMessage());
        }
    }

    String takeText(String name) {
        return take(name);
    }

    List<String> takeList(String name) {
        String text = take(name);
        if (!text.startsWith("[") || !text.endsWith("]")) {
            throw new AttributeException(name + "=" + text + " is no list");
        }
        String inner = text.substring(1, text.length() - 1);
        return inner.isEmpty() ? List.of() : Arrays.asList(inner.split(",", -1));
    }

    List<Integer> takeInts(String name) {
        return takeList(name).stream().map(t -> integer(name, t)).toList();
    }

    /** Refuses what nobody took. */
    void done() {
        if (!values.isEmpty()) {
            throw new AttributeException(
                    "the attribute " + values.keySet().iterator().next() + " is unknown here");
        }
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public String toString() {
        return values.entrySet().stream()
                .map(e -> e.getValue().isEmpty() ? e.getKey() : e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }
}
