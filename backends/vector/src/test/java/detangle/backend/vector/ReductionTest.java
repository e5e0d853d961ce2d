package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums and maxima along each axis, with any number of threads. */
class ReductionTest {
    private static Program program(ReduceFunction function, int axis, long... shape) {
        Builder b = new Builder();
        Node x = b.input("x", TensorType.of(DType.F32, shape));
        Node out = b.op(new TensorOp.Reduce(function, axis), List.of(x));
        return new Program("reduce", List.of(x), List.of(new Output("out", out)), Map.of());
    }

    private static List<float[]> results(Program program, Tensor x) {
        int threads = WorkerPool.SHARED.threads();
        List<float[]> results = new ArrayList<>();
        try (Executable executable = new VectorDevice().load(Compiler.compile(program, List.of()))) {
            for (int count = 1; count <= 4; count++) {
                WorkerPool.SHARED.limit(count);
                results.add(executable.run(Map.of("x", x)).get("out").toFloats());
            }
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
        return results;
    }

    /** Sizes that fill no vector, no strip and no block, of few sums and of many. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "3, 0, 5",
        "2, 50, 1",
        "2, 40000, 1",
        "100, 300, 1",
        "1, 1000, 70",
        "2, 33, 1100",
        "90, 9, 7",
        "70, 50, 3"
    })
    void agreesWithTheInterpreter(long outer, long size, long inner) {
        Random random = new Random(outer + size + inner);
        double[] values = new double[Math.toIntExact(outer * size * inner)];
        Arrays.setAll(values, i -> (float) (random.nextGaussian() * Math.exp(random.nextGaussian())));
        Tensor x = Tensor.ofDoubles(DType.F32, values, outer, size, inner);
        for (ReduceFunction function : ReduceFunction.values()) {
            Program program = program(function, 1, outer, size, inner);
            float[] expected = new Interpreter(Precision.F64)
                    .run(program, Map.of("x", x))
                    .get("out")
                    .toFloats();
            List<float[]> results = results(program, x);
            assertArrayEquals(expected, results.getFirst(), 1e-4f, function.toString());
            results.forEach(result -> assertArrayEquals(results.getFirst(), result, function.toString()));
        }
    }

    /** The squares of a model's gradients: one sum of millions of small numbers of one sign. */
    @Test
    void aLongSumLosesNothing() {
        int count = 5_000_001;
        float[] values = new float[count];
        Random random = new Random(1);
        double sum = 0;
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
            sum += values[i];
        }
        List<float[]> results = results(program(ReduceFunction.SUM, 0, count), Tensor.of(values, count));
        for (float[] result : results) {
            assertEquals(1, result[0] / sum, 1e-7);
        }
    }

    /** As exact as in double precision, which is what the norm of a model's gradients has to be. */
    @Test
    void squaresAreSummedInDoublePrecision() {
        for (int count : new int[] {0, 1, 77, 3_000_001}) {
            float[] values = new float[count];
            Random random = new Random(count);
            double sum = 0;
            for (int i = 0; i < count; i++) {
                values[i] = (float) (random.nextGaussian() * Math.exp(3 * random.nextGaussian()));
                sum += (double) values[i] * values[i];
            }
            Builder b = new Builder();
            Node x = b.input("x", TensorType.of(DType.F32, count));
            Node out = b.op(new KernelOp.SumOfSquares(), x);
            Program program = new Program("squares", List.of(x), List.of(new Output("out", out)), Map.of());
            for (float[] result : results(program, Tensor.of(values, count))) {
                assertEquals(sum, result[0], 6e-8 * sum);
            }
        }
    }

    @Test
    void aMaximumIsNotANumberWhereAnElementIsNot() {
        for (int at : new int[] {0, 17, 99}) {
            float[] values = new float[100];
            values[at] = Float.NaN;
            for (long[] shape : new long[][] {{100, 1}, {10, 10}}) {
                float[] result = results(program(ReduceFunction.MAX, 0, shape), Tensor.of(values, shape))
                        .getFirst();
                assertTrue(Float.isNaN(result[shape[1] == 1 ? 0 : at % 10]), "at " + at);
            }
        }
    }
}
