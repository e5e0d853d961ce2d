package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.KernelOp;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every pass keeps the value of a program. */
class PassValueTest {
    private static final int PROGRAMS = 1000;
    private static final double NMSE = 1e-24;

    /**
     * Where rounding is all that is left of a difference, a pass may leave another rest. How much shows in single
     * precision, which has 29 bits less; squared, and with room for sums in another order.
     */
    private static final double ROUNDING = 1000 * 0x1p-58;

    /** A fusion that never fires would keep every value. */
    @Test
    void everyKernelOccurs() {
        Map<Class<?>, Integer> counts = new HashMap<>();
        for (long seed = 0; seed < PROGRAMS; seed++) {
            Program program = RandomPrograms.sample(seed).program();
            Compiler.run(program, Passes.optimisations(), (pass, p) -> {})
                    .nodes()
                    .forEach(node -> counts.merge(node.op().getClass(), 1, Integer::sum));
        }
        for (Class<?> kernel : KernelOp.class.getPermittedSubclasses()) {
            // Packing changes what a program is given, so it is judged where batches are: PackTokensTest.
            boolean packed = kernel == KernelOp.PackedAttention.class;
            assertTrue(
                    packed || counts.getOrDefault(kernel, 0) >= 20,
                    kernel.getSimpleName() + " occurs too rarely: " + counts);
        }
    }

    @Test
    void everyPassKeepsTheValue() {
        RandomRun.run("passes", false, 2000, (seed, sample) -> {
            Interpreter interpreter = new Interpreter(Precision.F64);
            Map<String, Tensor> expected = interpreter.run(sample.program(), sample.inputs());
            double tolerance = Math.max(NMSE, ROUNDING * Rounding.of(sample));
            Program program = sample.program();
            for (Pass pass : Passes.optimisations()) {
                Program next = Compiler.run(program, List.of(pass), (p, result) -> {});
                if (next != program) {
                    double error = Closeness.nmse(expected, interpreter.run(next, sample.inputs()));
                    assertTrue(error <= tolerance, pass.name() + " changed the value by " + error);
                }
                program = next;
            }
        });
    }
}
