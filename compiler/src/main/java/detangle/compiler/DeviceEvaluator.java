package detangle.compiler;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.pass.Canonicalise;
import detangle.compiler.pass.FuseElementwise;
import detangle.compiler.pass.FuseLayerNorm;
import detangle.compiler.pass.FuseLinear;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes constants on the device that will read them, which spares the interpreter large products and sums, such as
 * the projections of relative positions and the normalisation of their rows. What has no such sum in f32 is left to the
 * interpreter, in f64.
 */
public final class DeviceEvaluator implements ConstantEvaluator {
    private static final List<Pass> PASSES =
            List.of(new Canonicalise(), new FuseLayerNorm(), new FuseLinear(), new FuseElementwise());

    private final Device device;

    public DeviceEvaluator(Device device) {
        this.device = device;
    }

    @Override
    public Map<Node, Tensor> evaluate(List<Node> roots, Map<String, Tensor> constants) {
        Map<Node, Tensor> values = new IdentityHashMap<>();
        List<Node> others = new ArrayList<>();
        for (Node root : roots) {
            if (hasSums(root)) {
                values.put(root, onDevice(root, constants));
            } else {
                others.add(root);
            }
        }
        values.putAll(new Interpreter(Precision.F64).evaluate(others, Map.of(), constants));
        return values;
    }

    private static boolean hasSums(Node root) {
        return root.type().dtype() == DType.F32
                && program(root, List.of()).nodes().stream()
                        .anyMatch(n -> n.op() instanceof TensorOp.Dot || n.op() instanceof TensorOp.Reduce);
    }

    private static Program program(Node root, List<Node> inputs) {
        return new Program("constant", inputs, List.of(new Output("value", root)), Map.of());
    }

    /** Computes one root, so that few weights are held in f32 at once. Constants become inputs of the program. */
    private Tensor onDevice(Node root, Map<String, Tensor> constants) {
        Builder b = new Builder();
        Map<Node, Node> rebuilt = new IdentityHashMap<>();
        List<Node> inputs = new ArrayList<>();
        Map<String, Tensor> values = new HashMap<>();
        for (Node node : program(root, List.of()).nodes()) {
            if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)) {
                Tensor stored = constants.get(name);
                boolean isFloat = type.dtype().isFloat();
                Tensor value = isFloat ? Tensor.of(stored.toFloats(), stored.shape()) : stored;
                Node input = b.input("c" + inputs.size(), value.type());
                inputs.add(input);
                values.put("c" + (inputs.size() - 1), value);
                rebuilt.put(node, input);
            } else {
                List<Node> operands = node.inputs().stream().map(rebuilt::get).toList();
                boolean same = node.op() instanceof TensorOp.Convert(var to)
                        && operands.getFirst().type().dtype() == to;
                rebuilt.put(node, same ? operands.getFirst() : b.op(node.op(), operands));
            }
        }
        try (Executable executable = device.load(Compiler.compile(program(rebuilt.get(root), inputs), PASSES))) {
            return executable.run(values).get("value");
        }
    }
}
