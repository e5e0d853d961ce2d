package detangle.ir.text;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Op;
import detangle.ir.OpAttributes;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes the attributes of an operation, such as {@code {axis=0, start=-S+1}}. */
final class AttributeWriter implements OpAttributes.Visitor {
    private final List<String> written = new ArrayList<>();

    private AttributeWriter() {}

    /** Returns the attributes in braces; empty where the operation has none to write. */
    static String write(Op op) {
        AttributeWriter writer = new AttributeWriter();
        OpAttributes.map(op, writer);
        return writer.written.isEmpty() ? "" : "{" + String.join(", ", writer.written) + "}";
    }

    private <T> T write(String name, T value, String text) {
        written.add(name + "=" + text);
        return value;
    }

    /** A flag is written as its name alone, where it holds. */
    @Override
    public boolean flag(String name, boolean value) {
        if (value) {
            written.add(name);
        }
        return value;
    }

    @Override
    public int integer(String name, int value) {
        return write(name, value, Integer.toString(value));
    }

    @Override
    public long integer(String name, long value) {
        return write(name, value, Long.toString(value));
    }

    @Override
    public List<Integer> integers(String name, List<Integer> value) {
        return write(
                name, value, value.stream().map(i -> Integer.toString(i)).collect(Collectors.joining(",", "[", "]")));
    }

    @Override
    public double number(String name, double value) {
        return write(name, value, Numbers.print(value));
    }

    @Override
    public Dim size(String name, Dim value) {
        return write(name, value, value.toString());
    }

    @Override
    public <T> T choice(String name, T value, List<T> all, Function<T, String> text) {
        return write(name, value, text.apply(value));
    }

    @Override
    public TensorType type(TensorType value) {
        return value;
    }

    @Override
    public Shape shape(Shape value) {
        return value;
    }

    @Override
    public DType elementType(DType value) {
        return value;
    }
}
