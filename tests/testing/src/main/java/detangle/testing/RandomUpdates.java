package detangle.testing;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Update;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.ir.rewrite.Rewriter;
import detangle.testing.RandomPrograms.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Random programs some of whose constants are parameters instead, most of which they update: by themselves, by other
 * parameters, so that some are exchanged, and by what the program computes.
 */
public final class RandomUpdates {
    private static final int FEW = 3;

    private final Random random;
    private final Builder b = new Builder();
    private final Program program;
    private final List<Node> parameters = new ArrayList<>();
    private final List<Node> floats;

    private RandomUpdates(Program program, long seed) {
        this.random = new Random(~seed);
        this.program = program;
        program.nodes().stream()
                .filter(node -> node.op() instanceof TensorOp.Param)
                .forEach(parameters::add);
        this.floats = program.nodes().stream()
                .filter(node -> node.type().dtype() == DType.F32)
                .toList();
    }

    /** Returns the program of a seed, which has at least one parameter. */
    public static Sample sample(long seed) {
        Sample sample = withParameters(RandomPrograms.sample(seed), new Random(seed));
        return new Sample(new RandomUpdates(sample.program(), seed).updated(), sample.inputs(), sample.parameters());
    }

    private static Sample withParameters(Sample sample, Random random) {
        Program program = sample.program();
        Builder b = new Builder();
        Map<Node, Node> replacements = new IdentityHashMap<>();
        Map<String, Tensor> values = new HashMap<>();
        for (Node node : program.nodes()) {
            Optional<Tensor> data = data(program, node);
            if (data.isPresent() && (values.isEmpty() || random.nextInt(FEW) > 0)) {
                String name = "p" + values.size();
                replacements.put(node, b.param(name, node.type()));
                values.put(name, Tensor.of(data.get().toFloats(), data.get().shape()));
            }
        }
        return new Sample(Rewriter.replace(program, replacements), sample.inputs(), values);
    }

    /** Returns what a constant holds that is read as f32. */
    private static Optional<Tensor> data(Program program, Node node) {
        Node stored = node.op() instanceof TensorOp.Convert ? node.input(0) : node;
        return node.type().dtype() == DType.F32
                        && stored.op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)
                ? Optional.of(program.constants().get(name))
                : Optional.empty();
    }

    private Program updated() {
        List<Update> updates = new ArrayList<>();
        for (Node parameter : parameters) {
            if (updates.isEmpty() || random.nextInt(FEW) > 0) {
                updates.add(new Update(parameter, next(parameter)));
            }
        }
        return new Program(program.name(), program.inputs(), program.outputs(), updates, program.constants());
    }

    private Node next(Node parameter) {
        return switch (random.nextInt(5)) {
            case 0 -> pick(alike(parameter, parameters));
            case 1 -> pick(alike(parameter, floats));
            case 2 -> b.add(scaled(parameter, 0.5), scaled(pick(alike(parameter, floats)), 0.25));
            case 3 -> b.sub(parameter, scaled(b.broadcast(number(pick(floats)), parameter.shape()), 0.1));
            default -> scaled(parameter, 0.9);
        };
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static List<Node> alike(Node node, List<Node> among) {
        return among.stream().filter(n -> n.type().equals(node.type())).toList();
    }

    private Node scaled(Node x, double factor) {
        return b.mul(x, b.constant(DType.F32, factor));
    }

    /** Returns one number that follows from all elements. */
    private Node number(Node x) {
        Node sum = b.unary(UnaryFunction.TANH, scaled(x, 0.1));
        for (int axis = 0; axis < x.type().rank(); axis++) {
            sum = b.reduce(ReduceFunction.SUM, sum, axis);
        }
        return b.reshape(b.unary(UnaryFunction.TANH, scaled(sum, 0.1)), Shape.SCALAR);
    }
}
