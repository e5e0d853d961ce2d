package detangle.testing;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Precision;
import detangle.testing.RandomPrograms.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** What single precision does to a program: the yardstick for how far apart two ways of computing it may be. */
public final class Rounding {
    private static final long SEED = 3;

    private Rounding() {}

    /**
     * Returns the normalised mean squared error of the program in single precision, or with results and terms of its
     * arithmetic moved by one unit in the last place at random (Monte Carlo arithmetic, Parker 1997), whichever is
     * more. Single precision by itself may happen to round nothing: the mean of equal numbers is exact there, and in
     * double precision it is not.
     */
    public static double of(Sample sample) {
        Map<String, Tensor> exact = sample.interpreted(Precision.F64);
        double rounded = Closeness.nmse(exact, sample.interpreted(Precision.F32));
        return Math.max(rounded, Closeness.nmse(exact, noisy(sample).interpreted(Precision.F64)));
    }

    /** Returns what some operation with jumps reads, at any distance: a small change there may become a large one. */
    private static Set<Node> aheadOfJumps(Program program) {
        Set<Node> ahead = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : program.nodes().reversed()) {
            if (ahead.contains(node) || jumps(node)) {
                ahead.addAll(node.inputs());
            }
        }
        return ahead;
    }

    private static boolean jumps(Node node) {
        return switch (node.op()) {
            case TensorOp.Unary(var f) ->
                switch (f) {
                    case FLOOR, CEIL, SIGN -> true;
                    case NEG, ABS, NOT, EXP, LOG, SQRT, RSQRT, ERF, TANH, SILU -> false;
                };
            case TensorOp.Compare c -> isFloat(node.input(0));
            case TensorOp.Convert(var to) -> isFloat(node.input(0)) && !to.isFloat();
            default -> false;
        };
    }

    private static boolean isFloat(Node node) {
        return node.type().dtype().isFloat();
    }

    /** What an operation does to the last bits of floats. */
    private enum Effect {
        /** Values are moved or chosen. */
        NONE,
        /** The result is rounded. */
        ROUNDS,
        /** Partial sums are rounded too, which may be larger than their end. */
        SUMS
    }

    private static Effect effect(Op op) {
        return switch (op) {
            case TensorOp.Unary(var f) ->
                switch (f) {
                    case EXP, LOG, SQRT, RSQRT, ERF, TANH, SILU -> Effect.ROUNDS;
                    case NEG, ABS, SIGN, NOT, CEIL, FLOOR -> Effect.NONE;
                };
            case TensorOp.Binary(var f) ->
                switch (f) {
                    case ADD, SUB, MUL, DIV -> Effect.ROUNDS;
                    case MAX, MIN, AND, OR -> Effect.NONE;
                };
            case TensorOp.Reduce(var f, var axis) ->
                switch (f) {
                    case SUM -> Effect.SUMS;
                    case MAX -> Effect.NONE;
                };
            case TensorOp.Dot o -> Effect.SUMS;
            case TensorOp.Conv1d o -> Effect.SUMS;
            case KernelOp o -> Effect.ROUNDS;
            // Random programs add a few terms to zeros.
            case TensorOp.ScatterAdd o -> Effect.NONE;
            case TensorOp.ScatterAddLast o -> Effect.NONE;
            case TensorOp.Input o -> Effect.NONE;
            case TensorOp.Param o -> Effect.NONE;
            case TensorOp.Constant o -> Effect.NONE;
            case TensorOp.Iota o -> Effect.NONE;
            case TensorOp.Compare o -> Effect.NONE;
            case TensorOp.Select o -> Effect.NONE;
            case TensorOp.Convert o -> Effect.NONE;
            case TensorOp.Reshape o -> Effect.NONE;
            case TensorOp.Transpose o -> Effect.NONE;
            case TensorOp.Broadcast o -> Effect.NONE;
            case TensorOp.Slice o -> Effect.NONE;
            case TensorOp.Concat o -> Effect.NONE;
            case TensorOp.Pad o -> Effect.NONE;
            case TensorOp.Gather o -> Effect.NONE;
            case TensorOp.GatherLast o -> Effect.NONE;
            case TensorOp.Toeplitz o -> Effect.NONE;
            case TensorOp.StopGradient o -> Effect.NONE;
            case TensorOp.After o -> Effect.NONE;
            case TensorOp.Transfer o -> Effect.NONE;
            case TensorOp.RandomUniform o -> Effect.NONE;
        };
    }

    /** Returns the program with noise on the result of each operation that rounds, and on the terms of each sum. */
    private static Sample noisy(Sample sample) {
        Noise noise = new Noise(sample);
        Map<Node, Node> moved = new IdentityHashMap<>();
        Set<Node> spared = aheadOfJumps(sample.program());
        for (Node node : sample.program().nodes()) {
            if (node.op() instanceof TensorOp.Input) {
                moved.put(node, node);
                continue;
            }
            boolean rounds = isFloat(node) && effect(node.op()) != Effect.NONE && !spared.contains(node);
            List<Node> operands =
                    new ArrayList<>(node.inputs().stream().map(moved::get).toList());
            if (rounds && effect(node.op()) == Effect.SUMS) {
                operands.set(0, noise.on(operands.getFirst(), node.input(0)));
            }
            Node result = noise.builder.op(node.op(), operands);
            moved.put(node, rounds ? noise.on(result, node) : result);
        }
        List<Program.Output> outputs = sample.program().outputs().stream()
                .map(o -> new Program.Output(o.name(), moved.get(o.node())))
                .toList();
        List<Program.Update> updates = sample.program().updates().stream()
                .map(u -> new Program.Update(moved.get(u.parameter()), moved.get(u.value())))
                .toList();
        return new Sample(
                new Program(
                        sample.program().name(),
                        noise.inputs,
                        outputs,
                        updates,
                        sample.program().constants()),
                noise.values,
                sample.parameters());
    }

    /** Factors close to one, each an input more. */
    private static final class Noise {
        private final Builder builder = new Builder();
        private final Random random = new Random(SEED);
        private final Map<String, Long> bindings;
        private final List<Node> inputs;
        private final Map<String, Tensor> values;

        Noise(Sample sample) {
            this.bindings = bindings(sample);
            this.inputs = new ArrayList<>(sample.program().inputs());
            this.values = new HashMap<>(sample.inputs());
        }

        /** @param like a node of that type in the program without noise */
        Node on(Node value, Node like) {
            String name = "noise" + inputs.size();
            Node factor = builder.input(name, like.type());
            inputs.add(factor);
            values.put(name, factors(like.type().dtype(), like.shape().evaluate(bindings), random));
            return builder.mul(value, factor);
        }
    }

    private static Tensor factors(DType dtype, long[] shape, Random random) {
        double[] values = new double[Math.toIntExact(Tensor.elements(shape))];
        double unit = unit(dtype);
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 + unit * (random.nextInt(3) - 1);
        }
        return Tensor.ofDoubles(dtype, values, shape);
    }

    /** Returns what separates 1 from the next number. */
    private static double unit(DType dtype) {
        return switch (dtype) {
            case F16 -> 0x1p-10;
            case BF16 -> 0x1p-7;
            case F64 -> 0x1p-52;
            case F32, I32, I64, I8, I1 -> 0x1p-23;
        };
    }

    private static Map<String, Long> bindings(Sample sample) {
        Map<String, Long> bindings = new HashMap<>();
        for (Node input : sample.program().inputs()) {
            Tensor value = sample.inputs().get(((TensorOp.Input) input.op()).name());
            for (int axis = 0; axis < value.rank(); axis++) {
                Dim dim = input.type().dim(axis);
                if (!dim.isStatic()) {
                    bindings.putIfAbsent(dim.toString(), value.dim(axis));
                }
            }
        }
        return bindings;
    }
}
