package detangle.export.onnx;

import java.util.List;

/** An attribute of an ONNX node. */
sealed interface Attribute {
    String name();

    record OfInt(String name, long value) implements Attribute {}

    record OfInts(String name, List<Long> values) implements Attribute {
        public OfInts {
            values = List.copyOf(values);
        }
    }

    record OfFloat(String name, float value) implements Attribute {}

    record OfString(String name, String value) implements Attribute {}

    static Attribute of(String name, long value) {
        return new OfInt(name, value);
    }

    static Attribute of(String name, List<Long> values) {
        return new OfInts(name, values);
    }

    static Attribute of(String name, float value) {
        return new OfFloat(name, value);
    }

    static Attribute of(String name, String value) {
        return new OfString(name, value);
    }
}
