package detangle.runtime.placement;

import detangle.backend.Executable;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.backend.Variables;
import detangle.compiler.placement.Segment;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Segments of a program, each on its device, one after the other. */
final class PlacedExecutable implements Executable {
    /** A segment, loaded. */
    record Loaded(Segment segment, Executable executable) {}

    private final Program program;
    private final List<Loaded> segments;
    private final Variables variables;
    private final Variables.Turn turn;
    private final Optional<RangeCheck> check;

    /** Parameters that a part of the host reads, or that leave the program as they are. */
    private final Set<Node> copied = Collections.newSetFromMap(new IdentityHashMap<>());

    /** @param check looks at results, where values have 16 bits */
    PlacedExecutable(Program program, List<Loaded> segments, Variables variables, Optional<RangeCheck> check) {
        this.check = check;
        this.program = program;
        this.segments = segments;
        this.variables = variables;
        this.turn = variables.turn(program);
        Stream.concat(
                        segments.stream().flatMap(s -> s.segment.taken().values().stream()),
                        program.roots().stream().map(Segment::source))
                .filter(node -> node.op() instanceof TensorOp.Param)
                .forEach(copied::add);
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, Executable::run);
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return run(inputs, (executable, operands) -> executable.run(operands, profile));
    }

    /** The last part alone leaves its outputs where they are: the others' are read by parts behind them. */
    @Override
    public void runOnDevice(Map<String, Tensor> inputs) {
        if (segments.isEmpty() || !program.updates().isEmpty()) {
            run(inputs);
            return;
        }
        ShapeBinding.bind(program, inputs);
        Loaded last = segments.getLast();
        turn.take(() -> values(inputs, (executable, operands) -> {
            if (executable != last.executable) {
                return executable.run(operands);
            }
            executable.runOnDevice(operands);
            return Map.of();
        }));
    }

    private Map<String, Tensor> run(
            Map<String, Tensor> inputs, BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        Map<String, Long> bindings = ShapeBinding.bind(program, inputs);
        return turn.take(() -> {
            Map<Node, Tensor> values = values(inputs, how);
            Map<String, Tensor> results = new LinkedHashMap<>();
            program.outputs().forEach(o -> results.put(o.name(), value(o.node(), values, bindings)));
            Map<String, Tensor> updates = new HashMap<>();
            program.updates().forEach(u -> updates.put(u.name(), value(u.value(), values, bindings)));
            check.ifPresent(c -> c.of(inputs, results));
            variables.write(updates);
            return results;
        });
    }

    private Map<Node, Tensor> values(
            Map<String, Tensor> inputs, BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        Map<Node, Tensor> values = new IdentityHashMap<>();
        for (Node input : program.inputs()) {
            values.put(input, inputs.get(((TensorOp.Input) input.op()).name()));
        }
        copied.forEach(node -> values.put(node, variables.read(((TensorOp.Param) node.op()).name())));
        for (Loaded loaded : segments) {
            Map<String, Tensor> operands = new HashMap<>(inputs);
            loaded.segment.taken().forEach((name, node) -> operands.put(name, values.get(node)));
            Map<String, Tensor> results = how.apply(loaded.executable, operands);
            loaded.segment.given().forEach((name, node) -> values.put(node, results.get(name)));
        }
        return values;
    }

    private Tensor value(Node placed, Map<Node, Tensor> values, Map<String, Long> bindings) {
        Node node = Segment.source(placed);
        Tensor value = values.get(node);
        return value == null ? known(node, bindings) : value;
    }

    /** Evaluates a value that is constant, which both sides know without a transfer. */
    private Tensor known(Node node, Map<String, Long> bindings) {
        return new Interpreter(Precision.F32)
                .evaluate(List.of(node), bindings, program.constants())
                .get(node);
    }

    @Override
    public void close() {
        segments.forEach(s -> s.executable.close());
        check.ifPresent(RangeCheck::close);
    }
}
