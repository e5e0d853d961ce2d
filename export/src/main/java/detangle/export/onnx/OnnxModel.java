package detangle.export.onnx;

import detangle.export.ExportException;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ONNX model that is put together of programs and of operators between them. A value of its graph is known by its
 * name.
 *
 * <pre>{@code
 * OnnxModel model = new OnnxModel("doubled", List.of(new Port("x", type)), List.of(new Port("y", type)));
 * String states = model.add(program, Map.of("tokens", "x")).get("states");
 * model.output("y", model.operator("Add", List.of(states, states)));
 * }</pre>
 */
public final class OnnxModel {
    /**
     * An input or an output.
     *
     * @param type whose symbols name the sizes that are not fixed
     */
    public record Port(String name, TensorType type) {}

    private final String name;
    private final List<Port> inputs;
    private final List<Port> outputs;
    private final OnnxGraph graph = new OnnxGraph();

    /**
     * A model without operators.
     *
     * @param name of the graph
     * @throws ExportException if an input and an output have the same name
     */
    public OnnxModel(String name, List<Port> inputs, List<Port> outputs) {
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        // Names of inputs and outputs are the model's interface: nothing else may take them.
        inputs.forEach(input -> graph.freshName(input.name()));
        outputs.forEach(output -> {
            if (!graph.freshName(output.name()).equals(output.name())) {
                throw new ExportException(
                        "'" + output.name() + "' names an input and an output, which ONNX does not allow");
            }
        });
    }

    /** Returns the model of a single program, whose inputs and outputs are its own. */
    static OnnxModel of(Program program) {
        List<Port> inputs = program.inputs().stream()
                .map(node -> new Port(((TensorOp.Input) node.op()).name(), node.type()))
                .toList();
        List<Port> outputs = program.outputs().stream()
                .map(output -> new Port(output.name(), output.node().type()))
                .toList();
        OnnxModel model = new OnnxModel(program.name(), inputs, outputs);
        Map<String, String> own = new LinkedHashMap<>();
        inputs.forEach(input -> own.put(input.name(), input.name()));
        model.add(program, own).forEach(model::output);
        return model;
    }

    /**
     * Adds a program whose parameters are bound.
     *
     * @param given values of the graph by the names of the program's inputs
     * @return values of the graph by the names of the program's outputs
     * @throws ExportException if ONNX cannot say what the program does
     * @throws detangle.ir.IrException if the program holds what is not exported: see {@link detangle.ir.Level#EXPORTED}
     */
    public Map<String, String> add(Program program, Map<String, String> given) {
        Map<String, String> values = OnnxLowering.lower(program, graph, given);
        graph.at("");
        return values;
    }

    /**
     * Adds an operator of ONNX, opset {@value OnnxLowering#OPSET}, and returns its first result.
     *
     * @param type of the operator, such as {@code Gather}
     * @param operands values of the graph; an empty name stands for an optional one that is absent
     */
    public String operator(String type, List<String> operands, Attribute... attributes) {
        return graph.add(type, operands, attributes);
    }

    /** Returns a constant, under this name or one like it. */
    public String constant(String wanted, Tensor tensor) {
        return graph.initializer(wanted, tensor, tensor.dtype());
    }

    /** Returns a list of whole numbers, {@code int64[n]}. */
    public String longs(long... values) {
        return graph.longs(Arrays.stream(values).boxed().toList());
    }

    /** Returns a number without axes. */
    public String scalar(DType dtype, double value) {
        return graph.scalar(dtype, value);
    }

    /** Converts a value to an element type, as ONNX's Cast does. */
    public String cast(String value, DType dtype) {
        return graph.add("Cast", value, Attribute.of("to", OnnxType.of(dtype)));
    }

    /** Says which value an output has. */
    public void output(String output, String value) {
        graph.output(output, value);
    }

    String name() {
        return name;
    }

    List<Port> inputs() {
        return inputs;
    }

    List<Port> outputs() {
        return outputs;
    }

    OnnxGraph graph() {
        return graph;
    }
}
