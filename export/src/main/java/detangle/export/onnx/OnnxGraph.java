package detangle.export.onnx;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** An ONNX graph as it grows. Values are known by their names; an operation over the same values is made once. */
final class OnnxGraph {
    /** A node with one output. */
    record OnnxNode(String type, List<String> inputs, String output, List<Attribute> attributes) {}

    /** Data of an initializer and the element type that it is written in. */
    record Initializer(Tensor data, DType dtype) {}

    private record Key(String type, List<String> inputs, List<Attribute> attributes) {}

    private final List<OnnxNode> nodes = new ArrayList<>();
    private final SequencedMap<String, Initializer> initializers = new LinkedHashMap<>();
    private final Map<Key, String> made = new HashMap<>();
    private final Map<List<Object>, String> numbers = new HashMap<>();
    private final Map<String, Integer> taken = new HashMap<>();
    private String scope = "";

    /** Operations from here on are named after this part of the program, as PyTorch's exports name them. */
    void at(String name) {
        scope = name.isEmpty() ? "" : "/" + name.replace('.', '/') + "/";
    }

    List<OnnxNode> nodes() {
        return nodes;
    }

    SequencedMap<String, Initializer> initializers() {
        return initializers;
    }

    /** Returns a name that no value has yet; {@code wanted} itself where it is free. */
    String freshName(String wanted) {
        int uses = taken.merge(wanted, 1, Integer::sum);
        return uses == 1 ? wanted : freshName(wanted + "_" + (uses - 1));
    }

    /** Returns the value of an operation; an empty input stands for an optional one that is absent. */
    String add(String type, List<String> inputs, Attribute... attributes) {
        Key key = new Key(type, List.copyOf(inputs), List.of(attributes));
        String known = made.get(key);
        if (known != null) {
            return known;
        }
        String output = freshName(scope + type);
        nodes.add(new OnnxNode(type, key.inputs(), output, key.attributes()));
        made.put(key, output);
        return output;
    }

    String add(String type, String input, Attribute... attributes) {
        return add(type, List.of(input), attributes);
    }

    /** Gives a value a name of its own. */
    void output(String name, String value) {
        nodes.add(new OnnxNode("Identity", List.of(value), name, List.of()));
    }

    String initializer(String wanted, Tensor data, DType dtype) {
        String name = freshName(wanted);
        initializers.put(name, new Initializer(data, dtype));
        return name;
    }

    /** Returns a list of whole numbers, {@code int64[n]}. */
    String longs(List<Long> values) {
        long[] array = values.stream().mapToLong(v -> v).toArray();
        return numbers.computeIfAbsent(
                List.of(values, "list"), key -> initializer("longs", Tensor.of(array, array.length), DType.I64));
    }

    /** Returns a scalar of any type. */
    String scalar(DType dtype, double value) {
        return numbers.computeIfAbsent(
                List.of(value, dtype),
                key -> initializer(dtype.text(), Tensor.ofDoubles(dtype, new double[] {value}), dtype));
    }
}
