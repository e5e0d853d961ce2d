package detangle.testing;

import detangle.ir.Activation;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.scalar.RegionTyping;
import detangle.testing.RandomPrograms.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Programs that compute every scalar function, comparison, conversion, reduction and activation of an element type, an
 * output each. They list the values of the enumerations, so that a new function is in them at once: whoever runs
 * programs runs these, and what it lacks is named.
 */
public final class EveryFunction {
    /** Numbers that every element type but i1 holds; whole ones are left after rounding toward zero for integers. */
    private static final double[] NUMBERS = {-2.5, -1, 0.5, 3, 0, -0.5, 2, 1.5, 1, -3, 7, 5};

    private static final double LEAST_ALLOWED = 1e-11;

    private static final long[] SHAPE = {3, 4};

    /** Results of a linear layer for a row: some vectors of any width, and a rest. */
    private static final int OUT = 37;

    private final DType dtype;
    private final Builder b = new Builder();
    private final List<Node> inputs = new ArrayList<>();
    private final Map<String, Tensor> values = new HashMap<>();
    private final Map<String, Tensor> constants = new HashMap<>();
    private final List<Output> outputs = new ArrayList<>();

    private EveryFunction(DType dtype) {
        this.dtype = dtype;
    }

    /**
     * Returns the program of an element type, with its inputs, and with conversions to every type. Each output has the
     * name of the function, such as {@code exp} or {@code convert_i8}.
     */
    public static Sample of(DType dtype) {
        return of(dtype, List.of(DType.values()));
    }

    /** Returns the program of an element type with conversions to some types. */
    public static Sample of(DType dtype, List<DType> conversions) {
        return new EveryFunction(dtype).sample(conversions);
    }

    /**
     * Compares results with the interpreter's in double precision; an {@link AssertionError} names every function that
     * is off.
     *
     * @param margin how many times as far off as single precision may make the program a result may be
     */
    public static void check(Sample sample, Map<String, Tensor> actual, double margin) {
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
        double allowed = Math.max(LEAST_ALLOWED, margin * Rounding.of(sample));
        List<String> wrong = new ArrayList<>();
        exact.forEach((name, value) -> {
            double error = actual.containsKey(name)
                    ? Closeness.nmse(Map.of(name, value), Map.of(name, actual.get(name)))
                    : Double.POSITIVE_INFINITY;
            if (error > allowed) {
                wrong.add(name + " by " + error);
            }
        });
        if (!wrong.isEmpty()) {
            throw new AssertionError(wrong + " are off, with " + allowed + " allowed, of "
                    + sample.program().inputs().getFirst().type());
        }
    }

    private Sample sample(List<DType> conversions) {
        Node x = input("x", dtype, NUMBERS);
        Node y = input("y", dtype, Arrays.stream(NUMBERS).map(v -> 2 - v).toArray());
        Node condition = input("c", DType.I1, NUMBERS);
        Node positive = input(
                "positive",
                dtype,
                Arrays.stream(NUMBERS).map(v -> Math.abs(v) + 1).toArray());
        for (UnaryFunction f : UnaryFunction.values()) {
            if (RegionTyping.takes(f, dtype)) {
                add(f.text(), b.unary(f, takesPositive(f) ? positive : x));
            }
        }
        for (BinaryFunction f : BinaryFunction.values()) {
            if (RegionTyping.takes(f, dtype)) {
                add(f.text(), b.binary(f, x, f == BinaryFunction.DIV ? positive : y));
            }
        }
        for (Comparison c : Comparison.values()) {
            add(c.text(), b.compare(c, x, y));
        }
        for (DType to : conversions) {
            add("convert_" + to.text(), b.convert(x, to));
        }
        add("select", b.select(condition, x, y));
        if (dtype != DType.I1) {
            for (ReduceFunction f : ReduceFunction.values()) {
                add("reduce_" + f.text(), b.reduce(f, x, 1));
            }
        }
        if (dtype == DType.F32 || dtype == DType.F64) {
            for (Activation activation : Activation.values()) {
                add("linear_" + activation.text(), linear(activation, x));
            }
        }
        return new Sample(new Program("every_function", inputs, outputs, constants), values);
    }

    /** Returns whether a function has values for positive numbers alone. */
    private static boolean takesPositive(UnaryFunction function) {
        return switch (function) {
            case LOG, SQRT, RSQRT -> true;
            case NEG, ABS, SIGN, NOT, EXP, ERF, TANH, CEIL, FLOOR, SILU -> false;
        };
    }

    private Node linear(Activation activation, Node x) {
        return b.op(new KernelOp.Linear(true, activation), x, constant("weight", OUT, SHAPE[1]), constant("bias", OUT));
    }

    private Node constant(String name, long... shape) {
        double[] numbers = new double[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = NUMBERS[i % NUMBERS.length] / 4;
        }
        constants.put(name, Tensor.ofDoubles(dtype, numbers, shape));
        return b.constant(new Literal.Named(name), TensorType.of(dtype, shape));
    }

    private Node input(String name, DType type, double[] numbers) {
        Node node = b.input(name, TensorType.of(type, SHAPE));
        inputs.add(node);
        double[] held = Arrays.stream(numbers)
                .map(v -> type.isFloat() ? v : type == DType.I1 ? (v > 0 ? 1 : 0) : (long) v)
                .toArray();
        values.put(name, Tensor.ofDoubles(type, held, SHAPE));
        return node;
    }

    private void add(String name, Node node) {
        outputs.add(new Output(name, node));
    }
}
