package detangle.export.onnx;

import java.util.List;

/** An attribute of an ONNX node. */
public sealed interface Attribute {
    /** Returns the name that the operator gives it. */
    String name();

    /** A whole number. */
    record OfInt(String name, long value) implements Attribute {}

    /** A list of whole numbers. */
    record OfInts(String name, List<Long> values) implements Attribute {
        public OfInts {
            values = List.copyOf(values);
        }
    }

    /** A number in single precision. */
    record OfFloat(String name, float value) implements Attribute {}

    /** A text. */
    record OfString(String name, String value) implements Attribute {}

    /** Returns an attribute that is a whole number. */
    static Attribute of(String name, long value) {
        return new OfInt(name, value);
    }

    /** Returns an attribute that is a list of whole numbers. */
    static Attribute of(String name, List<Long> values) {
        return new OfInts(name, values);
    }

    /** Returns an attribute that is a number in single precision. */
    static Attribute of(String name, float value) {
        return new OfFloat(name, value);
    }

    /** Returns an attribute that is a text. */
    static Attribute of(String name, String value) {
        return new OfString(name, value);
    }
}
