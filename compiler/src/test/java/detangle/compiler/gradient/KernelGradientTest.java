package detangle.compiler.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Forms;
import detangle.ir.Activation;
import detangle.ir.AttentionDropout;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Decomposition;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The gradient of each kernel, in each of its forms, is that of its primitives, and agrees with central differences in
 * f64. Some rows of masks are empty.
 */
class KernelGradientTest {
    private static final Builder B = new Builder();
    private static final Dim N = Dim.symbol("N");
    private static final Dim S = Dim.symbol("S");
    private static final Map<String, Long> SIZES = Map.of("N", 2L, "S", 5L);

    private static final AttentionDropout DROPOUT = new AttentionDropout(0.3, 5);
    private static final Node SEED = input("seed", DType.I64);

    private static final double LAW = 1e-12;

    /** Central differences are off by about the square of the step, and by rounding over the step. */
    private static final double TOLERANCE = 1e-6;

    private record Case(Program program, Map<String, Tensor> given) {
        @Override
        public String toString() {
            Node y = program.output("y");
            return y.op() + " of " + y.inputs().stream().map(Node::type).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isThatOfPrimitives(Case c) {
        Map<String, Tensor> values = values(c);
        Map<String, Tensor> found = CentralDifferences.gradients(c.program(), values, Map.of());
        Map<String, Tensor> expected =
                CentralDifferences.gradients(Decomposition.decompose(c.program()), values, Map.of());
        expected.forEach((name, gradient) -> {
            for (int i = 0; i < gradient.elements(); i++) {
                double size = Math.max(1, Math.abs(gradient.getDouble(i)));
                assertEquals(gradient.getDouble(i), found.get(name).getDouble(i), LAW * size, name + ", element " + i);
            }
        });
        CentralDifferences.check(c.program(), values, Map.of(), found, TOLERANCE);
    }

    private static Map<String, Tensor> values(Case c) {
        Random random = new Random(c.toString().hashCode());
        Map<String, Tensor> values = new HashMap<>(c.given());
        for (Node input : c.program().inputs()) {
            if (!values.containsKey(input.name())) {
                long[] shape = input.shape().evaluate(SIZES);
                double[] elements =
                        random.doubles(Tensor.elements(shape), -2, 2).toArray();
                // Of each mask the first places are false, which are a whole row.
                for (int i = 0; i < elements.length && input.type().dtype() == DType.I1; i++) {
                    elements[i] = i < shape[shape.length - 1] || random.nextInt(3) == 0 ? 0 : 1;
                }
                values.put(input.name(), Tensor.ofDoubles(input.type().dtype(), elements, shape));
            }
        }
        return values;
    }

    /** A new kernel, flag or activation has no case yet. Gradients of gradients are those of their primitives. */
    @Test
    void everyFormOfEveryKernelHasACase() {
        Set<String> expected = new TreeSet<>();
        for (Class<?> kernel : KernelOp.class.getPermittedSubclasses()) {
            if (!kernel.getSimpleName().endsWith("Grad")) {
                expected.addAll(Forms.of(kernel));
            }
        }
        Set<String> found = new TreeSet<>();
        cases().forEach(c -> found.add(Forms.of(c.program().output("y").op())));
        assertTrue(found.containsAll(expected), expected + " and not only " + found);
    }

    static Stream<Case> cases() {
        return Stream.of(
                        elementwise(),
                        linear(),
                        layerNorm(),
                        embedding(),
                        softmax(),
                        sumOfSquares(),
                        attention(),
                        packedAttention())
                .flatMap(List::stream);
    }

    private static Node input(String name, DType dtype, Dim... dims) {
        return B.input(name, new TensorType(dtype, Shape.of(dims)));
    }

    /** A weight as it is stored. It is moved in f64, which the interpreter then does not round. */
    private static Node stored(String name, DType dtype, Dim... dims) {
        return B.convert(input(name, DType.F64, dims), dtype);
    }

    private static Dim d(long size) {
        return Dim.of(size);
    }

    private static Case of(KernelOp op, Map<String, Tensor> given, List<Node> operands) {
        Node y = B.op(op, operands);
        Node weights = B.input("weights", y.type().withDType(DType.F64));
        Node flat = B.reshape(B.mul(B.convert(y, DType.F64), weights), y.shape().elements());
        Node loss = B.reshape(B.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
        List<Output> outputs = List.of(new Output(CentralDifferences.LOSS, loss), new Output("y", y));
        Node sizes = input("sizes", DType.I1, N, S);
        List<Node> inputs = new Program("kernel", List.of(sizes), outputs, Map.of())
                .nodes().stream()
                        .filter(node -> node.op() instanceof TensorOp.Input)
                        .toList();
        return new Case(new Program("kernel", inputs, outputs, Map.of()), given);
    }

    private static List<Case> elementwise() {
        ScalarExpr x = new ScalarExpr.Arg(0, DType.F64);
        ScalarExpr y = new ScalarExpr.Arg(1, DType.F64);
        ScalarExpr tanh = new ScalarExpr.Unary(UnaryFunction.TANH, new ScalarExpr.Binary(BinaryFunction.MUL, x, y));
        ScalarExpr twice =
                new ScalarExpr.Binary(BinaryFunction.ADD, tanh, new ScalarExpr.Binary(BinaryFunction.MUL, x, tanh));
        KernelOp.Elementwise op = new KernelOp.Elementwise(new Region(List.of(DType.F64, DType.F64), twice));
        return List.of(
                of(op, Map.of(), List.of(input("a", DType.F64, N, d(3)), input("row", DType.F64, d(3)))),
                of(op, Map.of(), List.of(input("row", DType.F64, d(3)), input("a", DType.F64, N, d(1)))));
    }

    private static List<Case> linear() {
        List<Case> cases = new ArrayList<>();
        for (boolean bias : new boolean[] {false, true}) {
            for (Activation activation : Activation.values()) {
                for (Shape rows : List.of(Shape.SCALAR, Shape.of(N), Shape.of(N, S))) {
                    List<Node> operands = new ArrayList<>(List.of(
                            B.input("x", new TensorType(DType.F64, rows.concat(Shape.of(4)))),
                            input("w", DType.F64, d(3), d(4))));
                    if (bias) {
                        operands.add(input("b", DType.F64, d(3)));
                    }
                    cases.add(of(new KernelOp.Linear(bias, activation), Map.of(), operands));
                }
            }
        }
        return cases;
    }

    private static List<Case> layerNorm() {
        List<Case> cases = new ArrayList<>();
        for (boolean residual : new boolean[] {false, true}) {
            // Weights of another type are converted, and so are their gradients.
            for (DType weights : List.of(DType.F64, DType.F32)) {
                List<Node> operands = new ArrayList<>(List.of(input("x", DType.F64, N, S, d(4))));
                if (residual) {
                    operands.add(input("r", DType.F64, N, S, d(4)));
                }
                operands.add(stored("g", weights, d(4)));
                operands.add(stored("b", weights, d(4)));
                cases.add(of(new KernelOp.LayerNorm(0.01, residual), Map.of(), operands));
            }
        }
        return cases;
    }

    private static List<Case> embedding() {
        List<Case> cases = new ArrayList<>();
        Tensor ids = Tensor.of(new long[] {3, 0, 3, 3, 1, 5, 0, 1, 1, 4}, 2, 5);
        for (boolean masked : new boolean[] {false, true}) {
            for (DType weights : List.of(DType.F32, DType.F16)) {
                List<Node> operands = new ArrayList<>(List.of(
                        input("ids", DType.I64, N, S),
                        stored("t", weights, d(6), d(4)),
                        stored("g", weights, d(4)),
                        stored("b", weights, d(4))));
                if (masked) {
                    operands.add(input("m", DType.I1, N, S, d(1)));
                }
                cases.add(of(new KernelOp.Embedding(0.01, masked), Map.of("ids", ids), operands));
            }
        }
        return cases;
    }

    private static List<Case> sumOfSquares() {
        return List.of(of(new KernelOp.SumOfSquares(), Map.of(), List.of(input("x", DType.F64, N, d(3)))));
    }

    private static List<Case> softmax() {
        List<Case> cases = new ArrayList<>();
        for (Shape mask : List.of(Shape.of(N, d(2), S), Shape.of(d(2), S), Shape.of(S), Shape.of(d(2), d(1)))) {
            cases.add(of(
                    new KernelOp.MaskedSoftmax(),
                    Map.of(),
                    List.of(input("x", DType.F64, N, d(2), S), B.input("m", new TensorType(DType.I1, mask)))));
        }
        return cases;
    }

    private static void addTables(List<Node> operands, boolean c2p, boolean p2c, Dim distances) {
        if (c2p) {
            operands.add(input("pk", DType.F64, d(2), d(4), d(3)));
        }
        if (p2c) {
            operands.add(input("pq", DType.F64, d(2), d(4), d(3)));
        }
        if (c2p || p2c) {
            operands.add(input("t", DType.I32, distances));
        }
    }

    private static Tensor distances(int count) {
        int[] table = new int[count];
        for (int i = 0; i < count; i++) {
            table[i] = Math.clamp(i - count / 2 + 2, 0, 3);
        }
        return Tensor.of(table, count);
    }

    private static Map<String, Tensor> withSeed(Map<String, Tensor> given) {
        Map<String, Tensor> all = new HashMap<>(given);
        all.put("seed", Tensor.of(new long[] {7}));
        return all;
    }

    private static List<Case> attention() {
        List<Case> cases = new ArrayList<>();
        for (boolean c2p : new boolean[] {false, true}) {
            for (boolean p2c : new boolean[] {false, true}) {
                for (Dim queries : List.of(S, d(1))) {
                    List<Node> operands = new ArrayList<>(List.of(
                            input("q", DType.F64, N, queries, d(2), d(3)),
                            input("k", DType.F64, N, S, d(2), d(3)),
                            input("v", DType.F64, N, S, d(2), d(3)),
                            input("m", DType.I1, N, d(1), queries, S)));
                    addTables(operands, c2p, p2c, queries.plus(S).plus(-1));
                    Map<String, Tensor> given = c2p || p2c ? Map.of("t", distances(queries.isOne() ? 5 : 9)) : Map.of();
                    cases.add(of(new KernelOp.DisentangledAttention(0.5, c2p, p2c), given, operands));
                    operands.add(SEED);
                    cases.add(
                            of(new KernelOp.DisentangledAttention(0.5, c2p, p2c, DROPOUT), withSeed(given), operands));
                }
            }
        }
        return cases;
    }

    private static List<Case> packedAttention() {
        List<Case> cases = new ArrayList<>();
        for (boolean c2p : new boolean[] {false, true}) {
            for (boolean p2c : new boolean[] {false, true}) {
                Node segments = input("segments", DType.I32, N.plus(1));
                Node positions = input("positions", DType.I32, S);
                List<Node> operands = new ArrayList<>(List.of(
                        input("q", DType.F64, S, d(2), d(3)),
                        input("k", DType.F64, S, d(2), d(3)),
                        input("v", DType.F64, S, d(2), d(3)),
                        segments,
                        segments,
                        positions,
                        positions));
                addTables(operands, c2p, p2c, d(9));
                Map<String, Tensor> given = new HashMap<>(Map.of(
                        "segments", Tensor.of(new int[] {0, 2, 5}, 3),
                        "positions", Tensor.of(new int[] {0, 3, 0, 1, 4}, 5)));
                if (c2p || p2c) {
                    given.put("t", distances(9));
                }
                cases.add(of(new KernelOp.PackedAttention(0.5, c2p, p2c, d(5)), given, operands));
                operands.add(SEED);
                cases.add(of(new KernelOp.PackedAttention(0.5, c2p, p2c, d(5), DROPOUT), withSeed(given), operands));
            }
        }
        return cases;
    }
}
