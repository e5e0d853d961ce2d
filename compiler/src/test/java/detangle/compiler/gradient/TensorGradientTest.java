package detangle.compiler.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.compiler.Forms;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Place;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of each primitive, in each of its forms, against central differences in f64. */
class TensorGradientTest {
    /** Central differences are off by about the square of the step, and by rounding over the step. */
    private static final double TOLERANCE = 1e-7;

    private static final Builder B = new Builder();
    private static final Dim N = Dim.symbol("N");
    private static final long SIZE = 3;

    /** What the parameter of the case for parameters is. */
    private static final Map<String, Tensor> PARAMETERS = Map.of("w", Tensor.of(new double[] {3, -2}, 2));

    /**
     * @param lowest of the elements of the operands, as some functions take positive numbers alone
     */
    private record Case(String name, List<TensorType> operands, double lowest, Function<List<Node>, Node> value) {
        @Override
        public String toString() {
            return name;
        }

        /** A program whose loss is the sum of the value's elements times given weights. */
        Program program() {
            List<Node> inputs = new ArrayList<>();
            for (TensorType type : operands) {
                inputs.add(B.input("p" + inputs.size(), type));
            }
            Node y = value.apply(inputs);
            Node weights = B.input("weights", y.type());
            inputs.add(weights);
            inputs.add(B.input("sizes", TensorType.of(DType.I1, N)));
            return new Program(
                    "case", inputs, List.of(new Output(CentralDifferences.LOSS, sum(B.mul(y, weights)))), Map.of());
        }

        Map<String, Tensor> values() {
            Random random = new Random(name.hashCode());
            Map<String, Tensor> values = new HashMap<>();
            for (Node input : program().inputs()) {
                values.put(input.name(), random(random, input.type(), lowest));
            }
            return values;
        }

        Map<String, Tensor> gradients() {
            return CentralDifferences.gradients(program(), values(), PARAMETERS);
        }
    }

    private static Tensor random(Random random, TensorType type, double lowest) {
        long[] shape = type.shape().evaluate(Map.of("N", SIZE));
        double[] elements = random.doubles(Tensor.elements(shape), lowest, 2).toArray();
        return Tensor.ofDoubles(type.dtype(), elements, shape);
    }

    private static Node sum(Node x) {
        Node flat = B.reshape(x, x.shape().elements());
        return B.reshape(B.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
    }

    private static TensorType f64(Dim... dims) {
        return new TensorType(DType.F64, Shape.of(dims));
    }

    private static Dim d(long size) {
        return Dim.of(size);
    }

    private static Case of(String name, Function<List<Node>, Node> value, TensorType... operands) {
        return new Case(name, List.of(operands), -2, value);
    }

    private static Case positive(String name, Function<List<Node>, Node> value, TensorType... operands) {
        return new Case(name, List.of(operands), 0.3, value);
    }

    private static Node op(Op op, Node... operands) {
        return B.op(op, operands);
    }

    private static Node ids(List<Double> ids, Dim... dims) {
        return B.constant(new Literal.Dense(ids), TensorType.of(DType.I32, dims));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithCentralDifferences(Case c) {
        CentralDifferences.check(c.program(), c.values(), PARAMETERS, c.gradients(), TOLERANCE);
    }

    /** A new operation, flag or function has no case yet. */
    @Test
    void everyFormOfEveryPrimitiveHasACase() {
        Set<String> expected = new TreeSet<>();
        for (Class<?> operation : TensorOp.class.getPermittedSubclasses()) {
            expected.addAll(Forms.of(operation));
        }
        Set<String> found = new TreeSet<>();
        Stream.concat(cases(), blocked())
                .flatMap(c -> c.program().nodes().stream())
                .forEach(node -> found.add(Forms.of(node.op())));
        assertEquals(expected, found);
    }

    static Stream<Case> cases() {
        return Stream.of(scalars(), selections(), dots(), moves(), lookUps(), convolutions())
                .flatMap(List::stream);
    }

    private static List<Case> scalars() {
        List<Case> cases = new ArrayList<>();
        for (UnaryFunction f : UnaryFunction.values()) {
            Function<List<Node>, Node> value = f == UnaryFunction.NOT
                    ? p -> {
                        Node less = B.compare(Comparison.LT, p.get(0), B.constant(DType.F64, 0.5));
                        return B.select(B.unary(f, less), p.get(0), B.constant(DType.F64, 0));
                    }
                    : p -> B.unary(f, p.get(0));
            cases.add(positive(f.text(), value, f64(N, d(2))));
            if (f != UnaryFunction.LOG && f != UnaryFunction.SQRT && f != UnaryFunction.RSQRT) {
                cases.add(of(f.text() + " of both signs", value, f64(N, d(3))));
            }
        }
        for (BinaryFunction f : BinaryFunction.values()) {
            if (f == BinaryFunction.AND || f == BinaryFunction.OR) {
                Function<List<Node>, Node> value = p -> {
                    Node less = B.compare(Comparison.LT, p.get(0), p.get(1));
                    Node more = B.compare(Comparison.GT, p.get(0), B.constant(DType.F64, 0));
                    return B.select(B.binary(f, less, more), p.get(0), p.get(1));
                };
                cases.add(of(f.text(), value, f64(N, d(2)), f64(N, d(2))));
                continue;
            }
            Function<List<Node>, Node> value = p -> B.binary(f, p.get(0), p.get(1));
            cases.add(positive(f.text(), value, f64(N, d(2)), f64(N, d(2))));
            cases.add(positive(f.text() + " of a row", value, f64(N, d(2)), f64(d(2))));
            cases.add(positive(f.text() + " of a column and a scalar", value, f64(d(2), N, d(1)), f64()));
            cases.add(positive(f.text() + " of both repeated", value, f64(d(1), N, d(1)), f64(d(2), d(1), d(2))));
            cases.add(positive(f.text() + " of itself", p -> B.binary(f, p.get(0), p.get(0)), f64(N)));
        }
        return cases;
    }

    private static List<Case> selections() {
        List<Case> cases = new ArrayList<>();
        for (Comparison c : Comparison.values()) {
            cases.add(of(
                    "select " + c.text(),
                    p -> B.select(B.compare(c, p.get(0), p.get(1)), p.get(2), p.get(0)),
                    f64(N, d(2)),
                    f64(d(2)),
                    f64(d(1), d(1), d(2))));
        }
        for (DType to : DType.values()) {
            // Conversions to integers are constant around each point.
            cases.add(of(
                    "convert to " + to.text(), p -> B.convert(B.op(new TensorOp.Convert(to), p), DType.F64), f64(N)));
        }
        for (ReduceFunction f : ReduceFunction.values()) {
            for (int axis = 0; axis < 3; axis++) {
                int along = axis;
                cases.add(of("reduce_" + f.text() + axis, p -> B.reduce(f, p.get(0), along), f64(d(2), N, d(2))));
            }
        }
        return cases;
    }

    private static List<Case> dots() {
        List<Case> cases = new ArrayList<>();
        List<List<Shape>> batches = List.of(
                List.of(Shape.SCALAR, Shape.SCALAR),
                List.of(Shape.of(N, d(2)), Shape.of(N, d(2))),
                List.of(Shape.of(N, d(2)), Shape.SCALAR),
                List.of(Shape.SCALAR, Shape.of(d(2), N)),
                List.of(Shape.of(N, d(2)), Shape.of(d(2))),
                List.of(Shape.of(N, d(1)), Shape.of(d(1), d(2))),
                List.of(Shape.of(d(1), N), Shape.of(N)),
                List.of(Shape.of(d(1), d(2), N), Shape.of(d(2), d(1))));
        for (boolean lhsT : new boolean[] {false, true}) {
            for (boolean rhsT : new boolean[] {false, true}) {
                for (List<Shape> batch : batches) {
                    Shape lhs = batch.get(0).concat(lhsT ? Shape.of(N, d(2)) : Shape.of(d(2), N));
                    Shape rhs = batch.get(1).concat(rhsT ? Shape.of(d(4), N) : Shape.of(N, d(4)));
                    cases.add(of(
                            "dot of " + transposed(lhs, lhsT) + " and " + transposed(rhs, rhsT),
                            p -> op(new TensorOp.Dot(lhsT, rhsT), p.get(0), p.get(1)),
                            new TensorType(DType.F64, lhs),
                            new TensorType(DType.F64, rhs)));
                }
            }
        }
        return cases;
    }

    private static String transposed(Shape shape, boolean transposed) {
        return shape + (transposed ? " transposed" : "");
    }

    private static List<Case> moves() {
        Shape wide = Shape.of(d(2), N, d(2));
        return List.of(
                of("after", p -> B.after(p.get(0), List.of(p.get(0))), f64(N, d(2))),
                of("reshape", p -> B.reshape(p.get(0), d(2), N.times(3)), f64(N, d(6))),
                of("transpose", p -> B.transpose(p.get(0), 1, 2, 0), f64(N, d(2), d(4))),
                of("broadcast", p -> B.broadcast(p.get(0), wide), f64(N, d(1))),
                of("broadcast of a scalar", p -> B.broadcast(p.get(0), wide), f64()),
                of("broadcast to more axes", p -> B.broadcast(p.get(0), Shape.of(d(1), d(1), N)), f64(N)),
                of("slice", p -> op(new TensorOp.Slice(1, d(1), N), p.get(0)), f64(d(2), N.plus(2))),
                of("concat", p -> B.concat(1, List.of(p.get(0), p.get(1), p.get(0))), f64(d(2), N), f64(d(2), d(1))),
                of("pad", p -> op(new TensorOp.Pad(0, N, d(2)), p.get(0)), f64(d(2), N)),
                of("transfer to the device", p -> B.transfer(p.get(0), Place.DEVICE), f64(N)),
                of("transfer to the host", p -> B.transfer(p.get(0), Place.HOST), f64(N)));
    }

    private static List<Case> lookUps() {
        Node rows = ids(List.of(4.0, 0.0, 4.0, 1.0), d(2), d(2));
        Node places = ids(List.of(0.0, 3.0, 3.0, 1.0, 2.0, 3.0), d(2), d(3));
        return List.of(
                of("gather", p -> B.gather(p.get(0), rows), f64(d(5), d(2))),
                of("gather of numbers", p -> B.gather(p.get(0), rows), f64(d(5))),
                of(
                        "scatter_add",
                        p -> op(new TensorOp.ScatterAdd(), p.get(0), rows, p.get(1)),
                        f64(d(5), d(2)),
                        f64(d(2), d(2), d(2))),
                of("gather_last", p -> B.gatherLast(p.get(0), places), f64(N, d(2), d(4))),
                of("gather_last of rows", p -> B.gatherLast(p.get(0), places), f64(d(2), d(4))),
                of(
                        "scatter_add_last",
                        p -> op(new TensorOp.ScatterAddLast(), p.get(0), places, p.get(1)),
                        f64(N, d(2), d(4)),
                        f64(N, d(2), d(3))),
                of("toeplitz", p -> op(new TensorOp.Toeplitz(d(2), N), p.get(0)), f64(N.plus(1))),
                of("iota", p -> B.mul(p.get(0), B.convert(B.iota(TensorType.of(DType.I32, N), 0), DType.F64)), f64(N)),
                of("param", p -> B.mul(p.get(0), B.param("w", f64(d(2)))), f64(N, d(2))),
                of(
                        "random_uniform",
                        p -> B.mul(p.get(0), op(new TensorOp.RandomUniform(f64(N), 5), B.constant(DType.I64, 3))),
                        f64(N)));
    }

    private static List<Case> convolutions() {
        List<Case> cases = new ArrayList<>();
        for (int groups : new int[] {1, 2}) {
            for (int taps : new int[] {0, 1, 2, 3}) {
                for (int padding : new int[] {0, 1, 3}) {
                    cases.add(of(
                            "conv1d of " + groups + " groups, " + taps + " taps, padding " + padding,
                            p -> op(new TensorOp.Conv1d(groups, padding), p.get(0), p.get(1)),
                            f64(d(2), N, d(4)),
                            f64(d(6), d(4 / groups), d(taps))));
                }
            }
        }
        return cases;
    }

    /** What no gradient passes, though the value changes. */
    static Stream<Case> blocked() {
        return Stream.of(
                of("stop_gradient", p -> B.stopGradient(p.get(0)), f64(N)),
                of("stop_gradient of a function", p -> B.stopGradient(B.mul(p.get(0), p.get(0))), f64(N, d(2))));
    }

    @ParameterizedTest
    @MethodSource("blocked")
    void isZero(Case c) {
        double[] zeros = new double[(int) c.values().get("p0").elements()];
        assertArrayEquals(zeros, c.gradients().get("p0").toDoubles());
    }

    /** Where there is no derivative, the gradient is what the Javadoc says. */
    @Test
    void tiesAreShared() {
        assertGradient(new double[] {0.5, 1, 0}, p -> B.max(p, zero()), 0, 1, -1);
        assertGradient(new double[] {0.5, 0, 1}, p -> B.min(p, zero()), 0, 1, -1);
        assertGradient(new double[] {0, 1, -1}, p -> B.unary(UnaryFunction.ABS, p), 0, 1, -1);
        assertGradient(new double[] {0.5, 0.5, 0}, p -> B.reduce(ReduceFunction.MAX, p, 0), 4, 4, -1);
        double inf = Double.POSITIVE_INFINITY;
        assertGradient(new double[] {0, 0.5, 0.5}, p -> B.reduce(ReduceFunction.MAX, p, 0), 4, inf, inf);
        assertGradient(new double[] {0.5, 0.5}, p -> B.reduce(ReduceFunction.MAX, p, 0), -inf, -inf);
        assertGradient(new double[] {0, 0}, p -> B.reduce(ReduceFunction.MAX, p, 0), Double.NaN, 1);
    }

    private static Node zero() {
        return B.constant(DType.F64, 0);
    }

    private static void assertGradient(double[] expected, Function<Node, Node> value, double... x) {
        Node p = B.input("p", TensorType.of(DType.F64, x.length));
        Node loss = sum(value.apply(p));
        Program program = new Program("f", List.of(p), List.of(new Output(CentralDifferences.LOSS, loss)), Map.of());
        Map<String, Tensor> found =
                CentralDifferences.gradients(program, Map.of("p", Tensor.of(x, x.length)), Map.of());
        assertArrayEquals(expected, found.get("p").toDoubles());
    }
}
