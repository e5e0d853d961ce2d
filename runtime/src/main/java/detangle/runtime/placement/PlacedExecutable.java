package detangle.runtime.placement;

import detangle.backend.Executable;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.compiler.placement.Segment;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Segments of a program, each on its device, one after the other. */
final class PlacedExecutable implements Executable {
    /** A segment, loaded. */
    record Loaded(Segment segment, Executable executable) {}

    private final Program program;
    private final List<Loaded> segments;

    PlacedExecutable(Program program, List<Loaded> segments) {
        this.program = program;
        this.segments = segments;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, Executable::run);
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return run(inputs, (executable, operands) -> executable.run(operands, profile));
    }

    private Map<String, Tensor> run(
            Map<String, Tensor> inputs, BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        Map<String, Long> bindings = ShapeBinding.bind(program, inputs);
        Map<Node, Tensor> values = new IdentityHashMap<>();
        for (Node input : program.inputs()) {
            values.put(input, inputs.get(((TensorOp.Input) input.op()).name()));
        }
        for (Loaded loaded : segments) {
            Map<String, Tensor> operands = new HashMap<>(inputs);
            loaded.segment.taken().forEach((name, node) -> operands.put(name, values.get(node)));
            Map<String, Tensor> results = how.apply(loaded.executable, operands);
            loaded.segment.given().forEach((name, node) -> values.put(node, results.get(name)));
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (Output output : program.outputs()) {
            Node node = Segment.source(output.node());
            Tensor value = values.get(node);
            results.put(output.name(), value == null ? known(node, bindings) : value);
        }
        return results;
    }

    /** An output that is constant. */
    private Tensor known(Node node, Map<String, Long> bindings) {
        return new Interpreter(Precision.F32)
                .evaluate(List.of(node), bindings, program.constants())
                .get(node);
    }

    @Override
    public void close() {
        segments.forEach(s -> s.executable.close());
    }
}
