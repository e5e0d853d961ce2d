package detangle.ir.testing;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.testing.RandomPrograms.Sample;
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
     * The normalised mean squared error of the program in single precision, or with results of its arithmetic moved by one
     * unit in the last place at random (Monte Carlo arithmetic, Parker 1997), whichever is more. Single precision by itself
     * may happen to round nothing: the mean of equal numbers is exact there, and in double precision it is not.
     */
    public static double of(Sample sample) {
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
        Map<String, Tensor> single = new Interpreter(Precision.F32).run(sample.program(), sample.inputs());
        double rounded = Closeness.nmse(exact, single);
        Sample noisy = noisy(sample);
        return Math.max(
                rounded, Closeness.nmse(exact, new Interpreter(Precision.F64).run(noisy.program(), noisy.inputs())));
    }

    /** What some operation with jumps reads, at any distance: a small change there may become a large one. */
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
                f == UnaryFunction.FLOOR || f == UnaryFunction.CEIL || f == UnaryFunction.SIGN;
            case TensorOp.Compare c -> isFloat(node.input(0));
            case TensorOp.Convert(var to) -> isFloat(node.input(0)) && !to.isFloat();
            default -> false;
        };
    }

    private static boolean isFloat(Node node) {
        return node.type().dtype().isFloat();
    }

    /** Whether the operation rounds; what moves or chooses values does not. */
    private static boolean rounds(Op op) {
        return switch (op) {
            case TensorOp.Unary(var f) ->
                switch (f) {
                    case EXP, LOG, SQRT, RSQRT, ERF, TANH -> true;
                    case NEG, ABS, SIGN, NOT, CEIL, FLOOR -> false;
                };
            case TensorOp.Binary(var f) -> f != BinaryFunction.MAX && f != BinaryFunction.MIN;
            case TensorOp.Reduce(var f, var axis) -> f == ReduceFunction.SUM;
            case TensorOp.Dot d -> true;
            case TensorOp.Conv1d c -> true;
            case KernelOp k -> true;
            default -> false;
        };
    }

    /** The program with a factor, close to one and an input, behind each operation that rounds. */
    private static Sample noisy(Sample sample) {
        Random random = new Random(SEED);
        Map<String, Long> bindings = bindings(sample);
        Map<String, Tensor> values = new HashMap<>(sample.inputs());
        List<Node> inputs = new ArrayList<>(sample.program().inputs());
        Map<Node, Node> moved = new IdentityHashMap<>();
        Set<Node> spared = aheadOfJumps(sample.program());
        Builder b = new Builder();
        for (Node node : sample.program().nodes()) {
            if (node.op() instanceof TensorOp.Input) {
                moved.put(node, node);
                continue;
            }
            Node result = b.op(node.op(), node.inputs().stream().map(moved::get).toList());
            if (isFloat(node) && rounds(node.op()) && !spared.contains(node)) {
                Node factor = b.input("noise" + inputs.size(), node.type());
                inputs.add(factor);
                values.put(
                        "noise" + (inputs.size() - 1),
                        factors(node.type().dtype(), node.shape().evaluate(bindings), random));
                result = b.mul(result, factor);
            }
            moved.put(node, result);
        }
        List<Program.Output> outputs = sample.program().outputs().stream()
                .map(o -> new Program.Output(o.name(), moved.get(o.node())))
                .toList();
        return new Sample(
                new Program(
                        sample.program().name(),
                        inputs,
                        outputs,
                        sample.program().constants()),
                values);
    }

    private static Tensor factors(DType dtype, long[] shape, Random random) {
        double[] values = new double[Math.toIntExact(Tensor.elements(shape))];
        double unit = unit(dtype);
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 + unit * (random.nextInt(3) - 1);
        }
        return Tensor.ofDoubles(dtype, values, shape);
    }

    /** What separates 1 from the next number. */
    private static double unit(DType dtype) {
        return switch (dtype) {
            case F16 -> 0x1p-10;
            case BF16 -> 0x1p-7;
            case F64 -> 0x1p-52;
            default -> 0x1p-23;
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
