package detangle.export.torchscript;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A TorchScript module as it grows: tensors that are its buffers, and a method {@code forward}, a statement a line. */
final class TorchModule {
    static final String NAME = "Detangle";

    /** A tensor and the element type that it is written in. */
    record Buffer(Tensor data, DType dtype) {}

    private final SequencedMap<String, Buffer> buffers = new LinkedHashMap<>();
    private final Map<List<Object>, String> known = new HashMap<>();
    private final Map<String, String> made = new HashMap<>();
    private final List<String> parameters;
    private final List<String> lines = new ArrayList<>();
    private int values;

    /** @param parameters the names of what {@code forward} takes, tensors all */
    TorchModule(List<String> parameters) {
        this.parameters = List.copyOf(parameters);
    }

    SequencedMap<String, Buffer> buffers() {
        return buffers;
    }

    /** Returns a buffer with this data; what is the same under {@code key} and in type is kept once. */
    String buffer(Object key, Tensor data, DType dtype) {
        return known.computeIfAbsent(List.of(key, dtype), k -> {
            String name = "b" + buffers.size();
            buffers.put(name, new Buffer(data, dtype));
            return "self." + name;
        });
    }

    /** Returns a tensor without axes. */
    String scalar(DType dtype, double value) {
        return buffer(value, Tensor.ofDoubles(dtype, new double[] {value}), dtype);
    }

    /** Returns the value of {@code torch.function(arguments)}; what has been computed is not computed again. */
    String call(String function, Object... arguments) {
        StringBuilder expression = new StringBuilder("torch.").append(function).append('(');
        for (int i = 0; i < arguments.length; i++) {
            expression.append(i == 0 ? "" : ", ").append(arguments[i]);
        }
        return let(expression.append(')').toString());
    }

    /** Returns a name for the value of an expression. */
    String let(String expression) {
        return made.computeIfAbsent(expression, e -> {
            String name = "v" + values++;
            lines.add(name + " = " + e);
            return name;
        });
    }

    /** Writes the result of {@code forward}, a dictionary of tensors. */
    void result(SequencedMap<String, String> outputs) {
        lines.add(outputs.entrySet().stream()
                .map(e -> quoted(e.getKey()) + ": " + e.getValue())
                .collect(Collectors.joining(", ", "return {", "}")));
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Returns the source of {@code code/__torch__.py}. */
    String source() {
        StringBuilder out = new StringBuilder("class ").append(NAME).append("(Module):\n");
        out.append("  __parameters__ = []\n  __buffers__ = [");
        buffers.keySet().forEach(b -> out.append('"').append(b).append("\", "));
        out.append("]\n  training : bool\n");
        buffers.keySet().forEach(b -> out.append("  ").append(b).append(" : Tensor\n"));
        out.append("  def forward(self: __torch__.").append(NAME);
        parameters.forEach(p -> out.append(",\n    ").append(p).append(": Tensor"));
        out.append(") -> Dict[str, Tensor]:\n");
        lines.forEach(line -> out.append("    ").append(line).append('\n'));
        return out.toString();
    }
}
