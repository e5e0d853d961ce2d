package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.InputException;
import detangle.backend.Plan;
import detangle.backend.vector.VectorVariables.Variable;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class VectorVariablesTest {
    /**
     * The second product reads what the update replaces, packed; the weight is larger than one task of an elementwise
     * kernel.
     */
    private static final String STEP = """
            func @step(%x: f32[2,300]) -> (y: f32[2,200]) {
              %w = param "w" : f32[200,300]
              %y = dot %x, %w {rhs_t} : f32[2,200]
              %s = slice %x {axis=0, start=0, limit=1} : f32[1,300]
              %0 = constant 0.1 : f32[]
              %1 = mul %s, %0 : f32[1,300]
              %2 = sub %w, %1 : f32[200,300]
              update "w" = %2
              return y = %y
            }
            """;

    private static Plan plan() {
        return plan(STEP);
    }

    private static Plan plan(String program) {
        return Compiler.compile(Parser.parse("test.dtir", program), Passes.optimisations());
    }

    private static Map<String, Tensor> inputs() {
        float[] x = new float[600];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(i);
        }
        return Map.of("x", Tensor.of(x, 2, 300));
    }

    private static VectorVariables variables() {
        return new VectorVariables(Map.of("w", Tensor.of(new float[60_000], 200, 300)));
    }

    /** The memory is only said to be so large: the values are refused before they are read. */
    @Test
    @SuppressWarnings("restricted")
    void moreThanAnArrayHoldsIsRefused() {
        long elements = 1L << 31;
        Tensor huge =
                new Tensor(DType.F32, new long[] {elements}, MemorySegment.NULL.reinterpret(elements * Float.BYTES));

        assertThrows(InputException.class, () -> new VectorVariables(Map.of("w", huge)));
        assertThrows(InputException.class, () -> new HostVariables(Map.of("w", huge)));
    }

    /**
     * A run with updates does what it does whether its caller is interrupted or not, so the caller is told what it did.
     */
    @Test
    void anInterruptedVirtualThreadHasTheResultOfItsRun() throws Exception {
        VectorVariables variables = variables();
        try (Executable executable = new VectorDevice().load(plan(), variables)) {
            FutureTask<Boolean> run = new FutureTask<>(() -> {
                Thread.currentThread().interrupt();
                assertTrue(executable.run(inputs()).containsKey("y"));
                return Thread.interrupted();
            });
            Thread.ofVirtual().start(run);
            assertTrue(run.get(), "the interrupt is still to be seen");
            assertNotEquals(0, variables.read("w").toDoubles()[1]);
        }
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        float[] expected = new float[60_000];
        float[] x = inputs().get("x").toFloats();
        for (int run = 0; run < 20; run++) {
            for (int i = 0; i < expected.length; i++) {
                expected[i] -= 0.1f * x[i % 300];
            }
        }
        int all = WorkerPool.SHARED.threads();
        try {
            for (int threads = 1; threads <= all; threads++) {
                WorkerPool.SHARED.limit(threads);
                VectorVariables variables = variables();
                try (Executable executable = new VectorDevice().load(plan(), variables)) {
                    for (int run = 0; run < 20; run++) {
                        executable.run(inputs());
                    }
                }
                assertArrayEquals(expected, variables.read("w").toFloats(), threads + " threads");
            }
        } finally {
            WorkerPool.SHARED.limit(all);
        }
    }

    /** The plan writes the new weight where the old one is, and the packed form is packed again. */
    @Test
    void anUpdatedWeightStaysWhereItIs() {
        VectorVariables variables = variables();
        Variable w = variables.get("w");
        try (Executable first = new VectorDevice().load(plan(), variables);
                Executable second = new VectorDevice().load(plan(), variables)) {
            Object array = w.array();
            Object packed = w.packed()[0].data();
            first.run(inputs());
            second.run(inputs());
            assertSame(array, w.array());
            assertSame(packed, w.packed()[0].data(), "executables share the packed form");
        }
    }

    /** What a run leaves beside its outputs is little, and nothing stays. */
    @Test
    void runsAllocateLittle() {
        allocatesLittle(STEP);
    }

    /** A weight that follows from a variable is packed at each run, into the same memory. */
    @Test
    void weightsThatAreComputedAllocateLittle() {
        allocatesLittle(STEP.replace("%y = dot %x, %w {", "%v = exp %w : f32[200,300]\n  %y = dot %x, %v {"));
    }

    private static void allocatesLittle(String program) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int all = WorkerPool.SHARED.threads();
        WorkerPool.SHARED.limit(1);
        try (Executable executable = new VectorDevice().load(plan(program), variables())) {
            Map<String, Tensor> inputs = inputs();
            for (int run = 0; run < 1000; run++) {
                executable.run(inputs);
            }
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
            for (int run = 0; run < 1000; run++) {
                executable.run(inputs);
            }
            long bytes = (threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before) / 1000;
            int output = 2 * 200 * Float.BYTES;
            assertTrue(
                    bytes < output + 2048, "a run allocates " + bytes + " bytes, of which its output takes " + output);
        } finally {
            WorkerPool.SHARED.limit(all);
        }
    }
}
