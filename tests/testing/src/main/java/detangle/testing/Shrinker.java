package detangle.testing;

import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.rewrite.Rewriter;
import detangle.testing.RandomPrograms.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Makes a program that fails smaller: one output, operations replaced by an operand, or by an input with the value that
 * they had.
 */
final class Shrinker {
    private static final int MAX_TRIALS = 600;

    private final Predicate<Sample> fails;
    private int trials;

    private Shrinker(Predicate<Sample> fails) {
        this.fails = fails;
    }

    static Sample shrink(Sample sample, Predicate<Sample> fails) {
        Shrinker shrinker = new Shrinker(fails);
        Sample current = sample;
        while (true) {
            Sample next = shrinker.step(current);
            if (next == current) {
                return current;
            }
            current = next;
        }
    }

    /** A smaller sample that fails still, or the same. */
    private Sample step(Sample sample) {
        Program program = sample.program();
        if (program.outputs().size() > 1) {
            for (Output output : program.outputs()) {
                Sample one = tidy(program, List.of(output), sample.inputs());
                if (tries(one)) {
                    return one;
                }
            }
        }
        List<Node> nodes = program.nodes().reversed();
        for (Node node : nodes) {
            if (node.inputs().isEmpty()) {
                continue;
            }
            for (Node operand : node.inputs()) {
                if (operand.type().equals(node.type())) {
                    Sample without = replaced(program, node, operand, sample.inputs());
                    if (tries(without)) {
                        return without;
                    }
                }
            }
            if (node.shape().dims().stream().allMatch(Shrinker::canBeGiven)) {
                Sample cut = cut(sample, node);
                if (tries(cut)) {
                    return cut;
                }
            }
        }
        return sample;
    }

    private boolean tries(Sample sample) {
        return trials++ < MAX_TRIALS && fails.test(sample);
    }

    /** Inputs have sizes that are numbers or symbols. */
    private static boolean canBeGiven(Dim dim) {
        return dim.isStatic() || dim.equals(Dim.symbol("B")) || dim.equals(Dim.symbol("S"));
    }

    private static Sample cut(Sample sample, Node node) {
        Program program = sample.program();
        Program alone = new Program("value", program.inputs(), List.of(new Output("v", node)), program.constants());
        Tensor value =
                new Interpreter(Precision.F32).run(alone, sample.inputs()).get("v");
        String name = "v" + program.inputs().size();
        while (sample.inputs().containsKey(name)) {
            name += "_";
        }
        Node input = new Node(new TensorOp.Input(name, node.type()), List.of(), node.type(), name, node.location());
        Map<String, Tensor> values = new HashMap<>(sample.inputs());
        values.put(
                name,
                value.dtype() == node.type().dtype()
                        ? value
                        : Tensor.ofDoubles(node.type().dtype(), value.toDoubles(), value.shape()));
        List<Node> inputs = new ArrayList<>(program.inputs());
        inputs.add(input);
        return replaced(
                new Program(program.name(), inputs, program.outputs(), program.constants()), node, input, values);
    }

    private static Sample replaced(Program program, Node node, Node by, Map<String, Tensor> values) {
        Program next = Rewriter.replace(program, Map.of(node, by));
        return tidy(next, next.outputs(), values);
    }

    /** Without inputs that nothing reads, as long as every symbol has one left. */
    private static Sample tidy(Program program, List<Output> outputs, Map<String, Tensor> values) {
        Program only = new Program(program.name(), program.inputs(), outputs, program.constants());
        Map<Node, List<Node>> users = only.users();
        List<Node> inputs = new ArrayList<>();
        Map<String, Tensor> left = new HashMap<>();
        boolean first = true;
        for (Node input : only.inputs()) {
            boolean returned = outputs.stream().anyMatch(o -> o.node() == input);
            // The first input has all symbols.
            if (first || returned || !users.get(input).isEmpty()) {
                inputs.add(input);
                String name = ((TensorOp.Input) input.op()).name();
                left.put(name, values.get(name));
            }
            first = false;
        }
        return new Sample(new Program(program.name(), inputs, outputs, program.constants()), left);
    }
}
