package detangle.backend.tornado;

import detangle.backend.InputException;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/**
 * A program at given sizes: what depends on sizes alone, and steps in order, which are graphs of kernels on the device or
 * single operations that the interpreter computes, as no kernel does yet.
 */
final class BoundProgram implements AutoCloseable {
    private final Program program;
    private final Map<String, Long> bindings;
    private final Map<Node, Tensor> fixed;
    private final List<Step> steps = new ArrayList<>();

    /** Reads values of nodes that came before and adds those of its own. */
    private sealed interface Step {
        record OnDevice(DeviceGraph graph) implements Step {}

        record Interpreted(Node node) implements Step {}
    }

    BoundProgram(Program program, TornadoDevice device, Map<String, Long> bindings) {
        this.program = program;
        this.bindings = bindings;
        Set<Node> eachRun = program.inputDependent();
        List<Node> others =
                program.nodes().stream().filter(n -> !eachRun.contains(n)).toList();
        this.fixed = new IdentityHashMap<>();
        new Interpreter(Precision.F64)
                .evaluate(others, bindings, program.constants())
                .forEach((node, tensor) ->
                        fixed.put(node, rounded(tensor, node.type().dtype())));
        List<Node> together = new ArrayList<>();
        for (Node node : program.nodes()) {
            if (!eachRun.contains(node) || node.op() instanceof TensorOp.Input) {
                continue;
            }
            if (hasKernel(node)) {
                together.add(node);
            } else {
                flush(together, device);
                steps.add(new Step.Interpreted(node));
            }
        }
        flush(together, device);
    }

    private static Tensor rounded(Tensor tensor, DType dtype) {
        return tensor.dtype() == dtype ? tensor : Tensor.ofDoubles(dtype, tensor.toDoubles(), tensor.shape());
    }

    private boolean hasKernel(Node node) {
        return node.op() instanceof KernelOp.Elementwise(var region)
                && RegionKernel.covers(region)
                && Tensor.elements(node.shape().evaluate(bindings)) > 0;
    }

    private void flush(List<Node> together, TornadoDevice device) {
        if (!together.isEmpty()) {
            steps.add(new Step.OnDevice(new DeviceGraph(program, List.copyOf(together), fixed, bindings, device)));
            together.clear();
        }
    }

    Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Map<Node, Tensor> values = new IdentityHashMap<>(fixed);
        for (Node input : program.inputs()) {
            values.put(input, inputs.get(((TensorOp.Input) input.op()).name()));
        }
        for (Step step : steps) {
            switch (step) {
                case Step.OnDevice(var graph) -> graph.run(values);
                case Step.Interpreted(var node) -> values.put(node, interpret(node, values));
            }
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (Output output : program.outputs()) {
            results.put(output.name(), values.get(output.node()));
        }
        return results;
    }

    private Tensor interpret(Node node, Map<Node, Tensor> values) {
        try {
            return new Interpreter(Precision.F32)
                    .apply(node.op(), node.inputs().stream().map(values::get).toList(), bindings);
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        }
    }

    @Override
    public void close() {
        for (Step step : steps) {
            if (step instanceof Step.OnDevice(var graph)) {
                graph.close();
            }
        }
    }
}
