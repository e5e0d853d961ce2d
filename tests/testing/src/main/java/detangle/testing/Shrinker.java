package detangle.testing;

import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
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

    /** Returns a smaller sample that fails still, or the same. */
    private Sample step(Sample sample) {
        Program program = sample.program();
        if (program.roots().size() > 1) {
            for (Output output : program.outputs()) {
                Sample one = tidy(sample, with(program, program.inputs(), List.of(output), List.of()));
                if (tries(one)) {
                    return one;
                }
            }
            for (Update update : program.updates()) {
                Sample one = tidy(sample, with(program, program.inputs(), List.of(), List.of(update)));
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
                    Sample without = replaced(sample, node, operand);
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
        Tensor value = new Sample(alone, sample.inputs(), sample.parameters())
                .interpreted(Precision.F32)
                .get("v");
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
        Program more = with(program, inputs, program.outputs(), program.updates());
        return replaced(new Sample(more, values, sample.parameters()), node, input);
    }

    private static Sample replaced(Sample sample, Node node, Node by) {
        return tidy(sample, Rewriter.replace(sample.program(), Map.of(node, by)));
    }

    private static Program with(Program program, List<Node> inputs, List<Output> outputs, List<Update> updates) {
        return new Program(program.name(), inputs, outputs, updates, program.constants());
    }

    /**
     * Returns the program without inputs that nothing reads, as long as every symbol has one left, and with the values
     * of those that stay.
     */
    private static Sample tidy(Sample sample, Program program) {
        Map<Node, List<Node>> users = program.users();
        List<Node> inputs = new ArrayList<>();
        Map<String, Tensor> left = new HashMap<>();
        boolean first = true;
        for (Node input : program.inputs()) {
            boolean leaves = program.roots().stream().anyMatch(root -> root == input);
            // The first input has all symbols.
            if (first || leaves || !users.get(input).isEmpty()) {
                inputs.add(input);
                String name = ((TensorOp.Input) input.op()).name();
                left.put(name, sample.inputs().get(name));
            }
            first = false;
        }
        return new Sample(with(program, inputs, program.outputs(), program.updates()), left, sample.parameters());
    }
}
