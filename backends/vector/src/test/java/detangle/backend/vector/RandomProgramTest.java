package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Random programs on this backend, as written and compiled, each on one to four threads, against the interpreter in
 * double precision. The interpreter in single precision shows what rounding alone does to a program.
 */
class RandomProgramTest {
    private static final double NMSE = 1e-11;

    /** A backend sums in another order than the interpreter, which may be worse for it by some bits. */
    private static final double ROUNDING = 100;

    private static final int MAX_THREADS = 4;

    @Test
    void agreesWithTheInterpreter() {
        int all = WorkerPool.SHARED.threads();
        try {
            RandomRun.run("vector", false, 2000, (seed, sample) -> {
                Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
                double tolerance = Math.max(NMSE, ROUNDING * Rounding.of(sample));
                check("compiled", Passes.optimisations(), sample, exact, tolerance);
                check("as written, in regions", List.of(Passes.named("fuse-elementwise")), sample, exact, tolerance);
            });
        } finally {
            WorkerPool.SHARED.limit(all);
        }
    }

    private static void check(
            String how, List<Pass> passes, Sample sample, Map<String, Tensor> expected, double tolerance) {
        try (Executable executable = new VectorDevice().load(Compiler.compile(sample.program(), passes))) {
            for (int threads = 1; threads <= MAX_THREADS; threads++) {
                WorkerPool.SHARED.limit(threads);
                double error = Closeness.nmse(expected, executable.run(sample.inputs()));
                String where = how + ", on " + threads + " threads,";
                assertTrue(error <= tolerance, where + " it is off by " + error + ", with " + tolerance + " allowed");
            }
        }
    }
}
