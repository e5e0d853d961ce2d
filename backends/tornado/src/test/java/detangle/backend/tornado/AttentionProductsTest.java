package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.ShapeBinding;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Attention by products of the library and the softmax between them, with every combination of terms, against the
 * interpreter. The test needs no device.
 */
class AttentionProductsTest {
    private static final double NMSE = 1e-11;

    /** Lengths of sequences, so that there are stretches of equal ones, shorter and longer than heads are many. */
    private static final int[][] BATCHES = {
        {5}, {1, 1, 1, 1}, {17, 17, 17}, {0, 70, 3}, {16, 16, 33, 33, 33, 2}, {0}, {0, 0}, {65, 64}, {7, 0, 7}, {129}
    };

    private static final Optional<ComputePrecision> LIBRARY = Optional.of(ComputePrecision.FP32);

    @Test
    void packedSequencesAgreeWithTheInterpreter() {
        for (int i = 0; i < BATCHES.length; i++) {
            for (int terms = 0; terms < 4; terms++) {
                AttentionCase one = new AttentionCase(8 * i + terms);
                boolean firstTokens = (i + terms) % 3 == 0;
                check(one, one.packed(BATCHES[i], (terms & 1) > 0, (terms & 2) > 0, firstTokens, s -> s));
            }
        }
    }

    @Test
    void paddedSequencesAgreeWithTheInterpreter() {
        for (int mask = 0; mask < 16; mask++) {
            AttentionCase one = new AttentionCase(mask);
            int batch = 1 + one.random().nextInt(4);
            int keys = 1 + one.random().nextInt(70);
            int queries = one.random().nextBoolean() ? keys : 1 + one.random().nextInt(40);
            // Each term with each axis of the mask.
            int terms = (mask + mask / 4) % 4;
            check(one, one.padded(batch, queries, keys, (terms & 1) > 0, (terms & 2) > 0, mask));
        }
    }

    /** The library reads segments on the host. */
    @Test
    void segmentsThatTheDeviceComputesAreForTheKernel() {
        AttentionCase one = new AttentionCase(0);
        Program program = one.packed(
                new int[] {3, 4}, true, true, false, s -> one.builder().add(s, s));
        assertFalse(isByProducts(one, program));
    }

    private static void check(AttentionCase one, Program program) {
        assertTrue(isByProducts(one, program), "the library multiplies");
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, one.values());
        for (boolean backward : new boolean[] {false, true}) {
            try (Executable executable =
                    new EmulatedDevice(LIBRARY, backward).load(Compiler.compile(program, Passes.optimisations()))) {
                double error = Closeness.nmse(exact, executable.run(one.values()));
                assertTrue(error <= NMSE, () -> program + " is off by " + error);
            }
        }
    }

    private static boolean isByProducts(AttentionCase one, Program program) {
        Plan plan = Compiler.compile(program, Passes.optimisations());
        Map<String, Long> sizes = ShapeBinding.bind(program, one.values());
        return Launcher.of(plan, new Buffers(plan, List.of(sizes)), LIBRARY, new AttentionMethods(true, true))
                .launches()
                .stream()
                .anyMatch(launch -> launch.call() instanceof LibraryAttention);
    }
}
