package detangle.ir.text;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Op;
import detangle.ir.OpAttributes;
import detangle.ir.Shape;
import detangle.ir.SizeException;
import detangle.ir.TensorType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Takes the attributes of an operation out of those that a text gives. What an operation had before does not matter.
 */
final class AttributeReader implements OpAttributes.Visitor {
    private final Map<String, String> values;
    private final TensorType type;

    private AttributeReader(Map<String, String> values, TensorType type) {
        this.values = new HashMap<>(values);
        this.type = type;
    }

    /** An attribute is missing, unknown or of another form; the message says which. */
    static final class AttributeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AttributeException(String message) {
            super(message);
        }
    }

    /**
     * Returns the operation with the attributes of a text.
     *
     * @param values the texts of the attributes by name; the text of a flag is empty
     * @param type of the operation's result
     */
    static Op read(Op op, Map<String, String> values, TensorType type) {
        AttributeReader reader = new AttributeReader(values, type);
        Op read = OpAttributes.map(op, reader);
        reader.values.keySet().stream().sorted().findFirst().ifPresent(name -> {
            throw new AttributeException("the attribute " + name + " is unknown here");
        });
        return read;
    }

    private String take(String name) {
        String value = values.remove(name);
        if (value == null) {
            throw new AttributeException("the attribute " + name + " is missing");
        }
        return value;
    }

    @Override
    public boolean flag(String name, boolean value) {
        String text = values.remove(name);
        if (text != null && !text.isEmpty()) {
            throw new AttributeException(name + " takes no value");
        }
        return text != null;
    }

    @Override
    public int integer(String name, int value) {
        return wholeNumber(name, take(name), Integer::parseInt);
    }

    @Override
    public long integer(String name, long value) {
        return wholeNumber(name, take(name), Long::parseLong);
    }

    private static <N> N wholeNumber(String name, String text, Function<String, N> parse) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            throw new AttributeException(name + "=" + text + " is not a whole number, or is too large");
        }
    }

    @Override
    public List<Integer> integers(String name, List<Integer> value) {
        String text = take(name);
        if (!text.startsWith("[") || !text.endsWith("]")) {
            throw new AttributeException(name + "=" + text + " is not a list");
        }
        String inner = text.substring(1, text.length() - 1);
        return inner.isEmpty()
                ? List.of()
                : Arrays.stream(inner.split(",", -1))
                        .map(item -> wholeNumber(name, item, Integer::parseInt))
                        .toList();
    }

    @Override
    public double number(String name, double value) {
        String text = take(name);
        return Numbers.parse(text).orElseThrow(() -> new AttributeException(name + "=" + text + " is not a number"));
    }

    @Override
    public Dim size(String name, Dim value) {
        try {
            return Dim.parse(take(name));
        } catch (SizeException e) {
            throw new AttributeException(name + ": " + e.getMessage());
        }
    }

    @Override
    public <T> T choice(String name, T value, List<T> all, Function<T, String> text) {
        String given = take(name);
        return all.stream()
                .filter(one -> text.apply(one).equals(given))
                .findFirst()
                .orElseThrow(() -> new AttributeException(name + "=" + given + " is not one of "
                        + all.stream().map(text).collect(Collectors.joining(", "))));
    }

    @Override
    public TensorType type(TensorType value) {
        return type;
    }

    @Override
    public Shape shape(Shape value) {
        return type.shape();
    }

    @Override
    public DType elementType(DType value) {
        return type.dtype();
    }
}
