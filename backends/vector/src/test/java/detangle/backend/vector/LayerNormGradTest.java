package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.Profile;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp.LayerNormGrad;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** One kernel computes all gradients of layer norm that a program has. */
class LayerNormGradTest {
    private static final double NMSE = 1e-12;
    private static final List<LayerNormGrad.Result> ALL = List.of(LayerNormGrad.Result.values());

    private static Program program(boolean residual, long width, List<LayerNormGrad.Result> results) {
        Builder b = new Builder();
        TensorType rows = TensorType.of(DType.F32, Dim.symbol("N"), Dim.of(width));
        List<Node> operands = new ArrayList<>(List.of(b.input("x", rows)));
        if (residual) {
            operands.add(b.input("residual", rows));
        }
        operands.add(b.input("gamma", TensorType.of(DType.F32, width)));
        operands.add(b.input("dy", rows));
        List<Output> outputs = results.stream()
                .map(result -> new Output(result.text(), b.op(new LayerNormGrad(1e-3, residual, result), operands)))
                .toList();
        return new Program("gradients", operands, outputs, Map.of());
    }

    private static Map<String, Tensor> values(Program program, long rows, Random random) {
        Map<String, Tensor> values = new HashMap<>();
        for (Node input : program.inputs()) {
            long[] shape = input.shape().evaluate(Map.of("N", rows));
            float[] elements = new float[Math.toIntExact(Tensor.elements(shape))];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = (float) random.nextGaussian() + 1;
            }
            values.put(input.name(), Tensor.of(elements, shape));
        }
        return values;
    }

    private static Executable load(Program program) {
        return new VectorDevice().load(Compiler.compile(program, List.of()));
    }

    /** With any number of threads, and whichever of the results are read, to the bit. */
    @Test
    void agreesWithTheInterpreterAndWithItself() {
        Random random = new Random(3);
        int threads = WorkerPool.SHARED.threads();
        try {
            for (long rows : List.of(0L, 1L, 50L, 1500L)) {
                for (long width : List.of(1L, 7L, 33L, 300L)) {
                    check(rows, width, random.nextBoolean(), random);
                }
            }
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
    }

    private static void check(long rows, long width, boolean residual, Random random) {
        Program all = program(residual, width, ALL);
        Map<String, Tensor> values = values(all, rows, random);
        Map<String, Tensor> expected = new Interpreter(Precision.F64).run(all, values);
        Map<String, Tensor> first;
        try (Executable executable = load(all)) {
            WorkerPool.SHARED.limit(1);
            first = executable.run(values);
            double error = Closeness.nmse(expected, first);
            assertTrue(error <= NMSE, rows + " rows of " + width + " are off by " + error);
            for (int threads = 2; threads <= 4; threads++) {
                WorkerPool.SHARED.limit(threads);
                assertSame(first, executable.run(values));
            }
        }
        for (LayerNormGrad.Result result : ALL) {
            try (Executable executable = load(program(residual, width, List.of(result)))) {
                assertSame(first, executable.run(values));
            }
        }
    }

    private static void assertSame(Map<String, Tensor> expected, Map<String, Tensor> some) {
        some.forEach((name, tensor) -> assertArrayEquals(expected.get(name).toFloats(), tensor.toFloats(), name));
    }

    @Test
    void runsOnce() {
        Program program = program(true, 8, ALL);
        Profile profile = new Profile();
        try (Executable executable = load(program)) {
            executable.run(values(program, 3, new Random(1)), profile);
        }
        Set<String> operations =
                profile.entries().stream().map(Profile.Entry::operation).collect(Collectors.toSet());
        assertEquals(Set.of("layer_norm_grad"), operations);
    }
}
