package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Activation;
import detangle.ir.AttentionDropout;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Decomposition;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A kernel that is written in primitives becomes that kernel again: what an operation means, and what the passes look
 * for, is one spelling. So a program may be taken apart, differentiated or changed in primitives, and loses no kernel.
 */
class KernelLawTest {
    private static final Dim B = Dim.symbol("B");
    private static final Dim S = Dim.symbol("S");
    private static final Dim T = Dim.symbol("T");
    private static final Builder BUILDER = new Builder();
    private static final AttentionDropout DROPOUT = new AttentionDropout(0.1, 5);

    /**
     * Positions and length, which it has, are not read by packed attention without terms of positions, so that its
     * primitives lack them.
     */
    private static final String WITHOUT_POSITIONS = "PackedAttention[c2p=false, p2c=false]";

    /** A gradient is asked for as a kernel, and that of beta is a sum like any other. */
    private static final Set<Class<?>> GRADIENTS = Set.of(
            KernelOp.LayerNormGrad.class, KernelOp.DisentangledAttentionGrad.class, KernelOp.PackedAttentionGrad.class);

    private record Case(String name, Program program) {
        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void comesBack(Case kernel) {
        Program primitives = Decomposition.decompose(kernel.program());
        assertEquals(
                List.of(),
                primitives.nodes().stream()
                        .filter(n -> n.op() instanceof KernelOp)
                        .toList());
        Program optimised = Compiler.run(primitives, Passes.optimisations(), (pass, p) -> {});
        assertEquals(text(kernel.program()), text(optimised));
    }

    /** A new operation, flag or activation has no case yet. */
    @Test
    void everyFormOfEveryKernelHasACase() {
        Set<String> expected = new TreeSet<>();
        for (Class<?> kernel : KernelOp.class.getPermittedSubclasses()) {
            if (!GRADIENTS.contains(kernel)) {
                expected.addAll(Forms.of(kernel));
            }
        }
        expected.remove(WITHOUT_POSITIONS);
        Set<String> found = new TreeSet<>();
        cases().map(c -> c.program().output("y").op()).forEach(op -> found.add(Forms.of(op)));
        assertEquals(expected, found);
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
        return BUILDER.input(name, TensorType.of(dtype, dims));
    }

    private static Node input(String name, DType dtype, Shape shape) {
        return BUILDER.input(name, new TensorType(dtype, shape));
    }

    /** A weight as a checkpoint has it. */
    private static Node stored(String name, DType dtype, long... sizes) {
        return BUILDER.constant(new Literal.Named(name), TensorType.of(dtype, sizes));
    }

    private static Case of(KernelOp op, Node... operands) {
        return of(op, List.of(operands));
    }

    private static Case of(KernelOp op, List<Node> operands) {
        Node result = BUILDER.op(op, operands);
        // An input that only says what the sizes are.
        List<Node> inputs = Stream.concat(Stream.of(input("sizes", DType.I1, B, S, T)), operands.stream())
                .distinct()
                .filter(n -> n.op() instanceof TensorOp.Input)
                .toList();
        return new Case(
                op + " of " + operands.stream().map(Node::type).toList(),
                new Program("f", inputs, List.of(new Output("y", result)), Map.of()));
    }

    /** Operations, operands and types in order, without the names that are for readers. */
    private static List<String> text(Program program) {
        Map<Node, Integer> numbers = new HashMap<>();
        List<String> lines = new ArrayList<>();
        for (Node node : program.nodes()) {
            numbers.put(node, numbers.size());
            lines.add(node.op() + " of "
                    + node.inputs().stream().map(numbers::get).toList() + " : " + node.type());
        }
        program.outputs().forEach(o -> lines.add(o.name() + " = " + numbers.get(o.node())));
        return lines;
    }

    private static List<Case> elementwise() {
        ScalarExpr x = new ScalarExpr.Arg(0, DType.F32);
        ScalarExpr y = new ScalarExpr.Arg(1, DType.F32);
        ScalarExpr sum = new ScalarExpr.Binary(BinaryFunction.ADD, x, y);
        ScalarExpr half = new ScalarExpr.Binary(BinaryFunction.MUL, sum, new ScalarExpr.Const(0.5, DType.F32));
        ScalarExpr less = new ScalarExpr.Compare(Comparison.LT, x, y);
        ScalarExpr chosen = new ScalarExpr.Select(less, new ScalarExpr.Unary(UnaryFunction.TANH, x), y);
        Node a = input("a", DType.F32, B, S, Dim.of(4));
        Node row = input("row", DType.F32, Dim.of(4));
        List<DType> two = List.of(DType.F32, DType.F32);
        return List.of(
                of(new KernelOp.Elementwise(new Region(two, half)), a, row),
                of(new KernelOp.Elementwise(new Region(two, chosen)), a, row),
                of(
                        new KernelOp.Elementwise(new Region(
                                List.of(DType.F32, DType.I64),
                                new ScalarExpr.Binary(
                                        BinaryFunction.MUL,
                                        x,
                                        new ScalarExpr.Random(new ScalarExpr.Arg(1, DType.I64), 3)))),
                        a,
                        input("seed", DType.I64)),
                of(
                        new KernelOp.Elementwise(new Region(
                                List.of(DType.F16),
                                new ScalarExpr.Convert(new ScalarExpr.Arg(0, DType.F16), DType.F32))),
                        input("h", DType.F16, B)));
    }

    private static List<Case> linear() {
        List<Case> cases = new ArrayList<>();
        for (boolean bias : new boolean[] {false, true}) {
            for (Activation activation : Activation.values()) {
                KernelOp.Linear op = new KernelOp.Linear(bias, activation);
                for (DType weights : List.of(DType.F32, DType.F16, DType.BF16)) {
                    for (Shape rows : List.of(Shape.SCALAR, Shape.of(B), Shape.of(B, S))) {
                        List<Node> operands = new ArrayList<>(
                                List.of(input("x", DType.F32, rows.concat(Shape.of(8))), stored("w", weights, 3, 8)));
                        if (bias) {
                            operands.add(stored("b", weights, 3));
                        }
                        cases.add(of(op, operands));
                    }
                }
                List<Node> wide = new ArrayList<>(
                        List.of(input("x", DType.F64, B, Dim.of(8)), input("w", DType.F64, Dim.of(3), Dim.of(8))));
                if (bias) {
                    wide.add(input("b", DType.F64, Dim.of(3)));
                }
                cases.add(of(op, wide));
            }
        }
        return cases;
    }

    private static List<Case> layerNorm() {
        List<Case> cases = new ArrayList<>();
        for (boolean residual : new boolean[] {false, true}) {
            KernelOp.LayerNorm op = new KernelOp.LayerNorm(1e-7, residual);
            for (Shape rows : List.of(Shape.SCALAR, Shape.of(B), Shape.of(B, S))) {
                for (DType dtype : List.of(DType.F32, DType.F64)) {
                    for (DType weights : List.of(DType.F32, DType.F16, DType.BF16, DType.F64)) {
                        List<Node> operands = new ArrayList<>();
                        operands.add(input("x", dtype, rows.concat(Shape.of(768))));
                        if (residual) {
                            operands.add(input("r", dtype, rows.concat(Shape.of(768))));
                        }
                        operands.add(stored("g", weights, 768));
                        operands.add(stored("b", weights, 768));
                        cases.add(of(op, operands));
                    }
                }
                // How many a row has may be known at run time alone.
                List<Node> operands = new ArrayList<>();
                operands.add(input("x", DType.F32, rows.concat(Shape.of(T))));
                if (residual) {
                    operands.add(input("r", DType.F32, rows.concat(Shape.of(T))));
                }
                operands.add(input("g", DType.F32, T));
                operands.add(input("b", DType.F32, T));
                cases.add(of(op, operands));
            }
        }
        return cases;
    }

    private static List<Case> embedding() {
        List<Case> cases = new ArrayList<>();
        for (boolean masked : new boolean[] {false, true}) {
            for (DType weights : List.of(DType.F32, DType.F16, DType.BF16)) {
                for (DType ids : List.of(DType.I32, DType.I64)) {
                    List<Node> operands = new ArrayList<>(List.of(
                            input("ids", ids, B, S),
                            stored("t", weights, 100, 48),
                            stored("g", weights, 48),
                            stored("b", weights, 48)));
                    if (masked) {
                        operands.add(input("m", DType.I1, B, S, Dim.of(1)));
                    }
                    cases.add(of(new KernelOp.Embedding(1e-7, masked), operands));
                }
            }
        }
        return cases;
    }

    private static List<Case> softmax() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (Shape mask : List.of(Shape.of(B, Dim.of(2), S), Shape.of(Dim.of(1), S), Shape.SCALAR)) {
                cases.add(of(
                        new KernelOp.MaskedSoftmax(), input("x", dtype, B, Dim.of(2), S), input("m", DType.I1, mask)));
            }
        }
        return cases;
    }

    private static List<Case> sumOfSquares() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (Shape shape : List.of(Shape.SCALAR, Shape.of(S), Shape.of(B, S), Shape.of(B, S, Dim.of(8)))) {
                cases.add(of(new KernelOp.SumOfSquares(), input("x", dtype, shape)));
            }
        }
        return cases;
    }

    private static List<Case> attention() {
        List<Case> cases = new ArrayList<>();
        for (boolean c2p : new boolean[] {false, true}) {
            for (boolean p2c : new boolean[] {false, true}) {
                for (DType dtype : List.of(DType.F32, DType.F64)) {
                    for (Dim queries : List.of(S, Dim.of(1), T)) {
                        for (double scale : new double[] {1 / Math.sqrt(24), 1}) {
                            List<Node> operands = new ArrayList<>(List.of(
                                    input("q", dtype, B, queries, Dim.of(2), Dim.of(8)),
                                    input("k", dtype, B, S, Dim.of(2), Dim.of(8)),
                                    input("v", dtype, B, S, Dim.of(2), Dim.of(8)),
                                    input("m", DType.I1, B, Dim.of(1), queries, S)));
                            addTables(operands, c2p, p2c, dtype, queries.plus(S).plus(-1));
                            cases.add(of(new KernelOp.DisentangledAttention(scale, c2p, p2c), operands));
                            operands.add(input("seed", DType.I64, Shape.SCALAR));
                            cases.add(of(new KernelOp.DisentangledAttention(scale, c2p, p2c, DROPOUT), operands));
                        }
                    }
                }
            }
        }
        return cases;
    }

    private static void addTables(List<Node> operands, boolean c2p, boolean p2c, DType dtype, Dim distances) {
        if (c2p) {
            operands.add(input("pk", dtype, Dim.of(2), Dim.of(6), Dim.of(8)));
        }
        if (p2c) {
            operands.add(input("pq", dtype, Dim.of(2), Dim.of(6), Dim.of(8)));
        }
        if (c2p || p2c) {
            operands.add(input("t", DType.I32, distances));
        }
    }

    private static List<Case> packedAttention() {
        List<Case> cases = new ArrayList<>();
        for (boolean c2p : new boolean[] {false, true}) {
            for (boolean p2c : new boolean[] {false, true}) {
                if (!c2p && !p2c) {
                    continue;
                }
                for (DType dtype : List.of(DType.F32, DType.F64)) {
                    Node keys = input("keys", DType.I32, B.plus(1));
                    Node positions = input("positions", DType.I32, T);
                    for (boolean first : new boolean[] {false, true}) {
                        Dim queries = first ? B : T;
                        List<Node> operands = new ArrayList<>(List.of(
                                input("q", dtype, queries, Dim.of(2), Dim.of(8)),
                                input("k", dtype, T, Dim.of(2), Dim.of(8)),
                                input("v", dtype, T, Dim.of(2), Dim.of(8)),
                                first ? input("queries", DType.I32, B.plus(1)) : keys,
                                keys,
                                first ? input("places", DType.I32, B) : positions,
                                positions));
                        addTables(operands, c2p, p2c, dtype, S.times(Dim.of(2)).plus(-1));
                        cases.add(of(new KernelOp.PackedAttention(0.25, c2p, p2c, S), operands));
                        operands.add(input("seed", DType.I64, Shape.SCALAR));
                        cases.add(of(new KernelOp.PackedAttention(0.25, c2p, p2c, S, DROPOUT), operands));
                    }
                }
            }
        }
        return cases;
    }
}
