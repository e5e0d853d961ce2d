package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.Variables;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Matrix products with any side transposed, over batches that repeat, with what is computed and with what is stored.
 */
class DotTest {
    private static final double NMSE = 1e-11;

    private final Random random = new Random(7);

    private Tensor values(DType dtype, long... shape) {
        double[] values = new double[Math.toIntExact(Tensor.elements(shape))];
        Arrays.setAll(values, i -> random.nextGaussian());
        return Tensor.ofDoubles(dtype, values, shape);
    }

    private static long[] matrix(String batch, long rows, long columns, boolean transposed) {
        long[] axes = batch.isEmpty()
                ? new long[0]
                : Arrays.stream(batch.split("x")).mapToLong(Long::parseLong).toArray();
        long[] shape = Arrays.copyOf(axes, axes.length + 2);
        shape[axes.length] = transposed ? columns : rows;
        shape[axes.length + 1] = transposed ? rows : columns;
        return shape;
    }

    private static TensorType f32(long[] shape) {
        return TensorType.of(DType.F32, Arrays.stream(shape).mapToObj(Dim::of).toArray(Dim[]::new));
    }

    /**
     * Sizes that fill no tile, no panel and no part; depths of several parts at each width; and the rows of one part or
     * two.
     */
    @ParameterizedTest
    @CsvSource({
        "'', '', 1, 1, 1",
        "'', '', 5, 0, 3",
        "'', '', 33, 1100, 70",
        "'', '', 130, 7, 31",
        "'', '', 64, 2048, 64",
        "'', '', 4100, 3, 2",
        "'', '', 3, 2, 4133",
        "3, 3, 17, 40, 9",
        "'2x3', '1x3', 9, 300, 33",
        "'3', '2x1', 9, 33, 40",
        "'', '5', 9, 33, 40"
    })
    void agreesWithTheInterpreter(String left, String right, long m, long k, long n) {
        int threads = WorkerPool.SHARED.threads();
        try {
            for (boolean transposeLhs : new boolean[] {false, true}) {
                for (boolean transposeRhs : new boolean[] {false, true}) {
                    check(
                            values(DType.F32, matrix(left, m, k, transposeLhs)),
                            values(DType.F32, matrix(right, k, n, transposeRhs)),
                            new TensorOp.Dot(transposeLhs, transposeRhs));
                }
            }
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
    }

    private static void check(Tensor left, Tensor right, TensorOp.Dot op) {
        Builder b = new Builder();
        Node x = b.input("x", f32(left.shape()));
        Node y = b.input("y", f32(right.shape()));
        Program program =
                new Program("dot", List.of(x, y), List.of(new Output("out", b.op(op, List.of(x, y)))), Map.of());
        Map<String, Tensor> inputs = Map.of("x", left, "y", right);
        Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, inputs);
        List<float[]> results = new ArrayList<>();
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int count = 1; count <= 4; count++) {
                WorkerPool.SHARED.limit(count);
                Map<String, Tensor> actual = executable.run(inputs);
                assertTrue(Closeness.nmse(expected, actual) <= NMSE, op + " " + Closeness.nmse(expected, actual));
                results.add(actual.get("out").toFloats());
            }
        }
        results.forEach(result -> assertArrayEquals(results.getFirst(), result, op.toString()));
    }

    /** The gradient of a linear layer's input reads the weight in the form that the layer reads, and nothing else. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F16", "BF16"})
    void readsAWeightAsTheLinearLayerDoes(DType stored) {
        long k = 37;
        long n = 300;
        Builder b = new Builder();
        Node dy = b.input("dy", f32(new long[] {2, 9, n}));
        Node w = b.constant(new Literal.Named("w"), TensorType.of(stored, n, k));
        Node wide = stored == DType.F32 ? w : b.convert(w, DType.F32);
        Node dx = b.op(new TensorOp.Dot(false, false), List.of(dy, wide));
        Program program =
                new Program("dx", List.of(dy), List.of(new Output("out", dx)), Map.of("w", values(stored, n, k)));
        Map<String, Tensor> inputs = Map.of("dy", values(DType.F32, 2, 9, n));
        Map<String, Tensor> expected = new Interpreter(Precision.F64).run(program, inputs);
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            assertTrue(Closeness.nmse(expected, executable.run(inputs)) <= NMSE);
        }
        assertEquals(Map.of(), packed(program).constants());
    }

    private static Program packed(Program program) {
        return Selection.of(program)
                .pack(new Constants(program, new VectorVariables(new HashMap<>()), ComputePrecision.FP32));
    }

    /** A matrix that is replaced is read as it is at each run. */
    @Test
    void readsAVariableAfterItsUpdate() {
        Builder b = new Builder();
        Node dy = b.input("dy", f32(new long[] {9, 40}));
        Node w = b.param("w", f32(new long[] {40, 33}));
        Node dx = b.op(new TensorOp.Dot(false, false), List.of(dy, w));
        Program program = new Program("dx", List.of(dy), List.of(new Output("out", dx)), Map.of());
        VectorDevice device = new VectorDevice();
        Map<String, Tensor> inputs = Map.of("dy", values(DType.F32, 9, 40));
        Tensor before = values(DType.F32, 40, 33);
        Tensor after = values(DType.F32, 40, 33);
        Variables variables = device.variables(Map.of("w", before));
        try (Executable executable = device.load(Compiler.compile(program, List.of()), variables)) {
            executable.run(inputs);
            variables.write("w", after);
            double[] expected = new double[9 * 33];
            double[] left = inputs.get("dy").toDoubles();
            double[] right = after.toDoubles();
            Arrays.setAll(expected, i -> {
                double sum = 0;
                for (int j = 0; j < 40; j++) {
                    sum += left[i / 33 * 40 + j] * right[j * 33 + i % 33];
                }
                return sum;
            });
            double[] actual = executable.run(inputs).get("out").toDoubles();
            assertArrayEquals(expected, actual, 1e-4);
        }
    }
}
