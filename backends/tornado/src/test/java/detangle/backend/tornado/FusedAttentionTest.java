package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.reference.ReferenceBackend;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.Closeness;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Attention by one kernel in PTX, with every combination of terms, against the interpreter. An emulator runs the kernel,
 * so the test needs no device.
 */
class FusedAttentionTest {
    private static final double ROUNDING = 10;

    /** Lengths of sequences: shorter than a tile, a tile, some tiles, and none. */
    private static final int[][] BATCHES = {{5, 0, 3}, {64}, {70, 1}, {0}, {129, 64, 65}};

    private static final int[] WIDTHS = {8, 16, 32, 64};

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void packedSequencesAgreeWithTheInterpreter(DType dtype) {
        for (int i = 0; i < BATCHES.length; i++) {
            for (int terms = 0; terms < 4; terms++) {
                int which = 4 * i + terms;
                boolean inOrder = which % 3 != 0;
                boolean firstTokens = which % 5 == 4;
                AttentionCase one = new AttentionCase(which).ofWidth(WIDTHS[which % WIDTHS.length]);
                if (inOrder) {
                    one.inOrder();
                }
                Program program = one.packed(BATCHES[i], (terms & 1) > 0, (terms & 2) > 0, firstTokens, s -> s);
                check(one, program, dtype, which % 2 == 0);
            }
        }
    }

    private static void check(AttentionCase one, Program program, DType dtype, boolean backward) {
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, one.values());
        Plan plan = Compiler.compile(program, Passes.optimisations());
        double unit = dtype == DType.F16 ? 0x1p-11 : 0x1p-8;
        EmulatedDevice device = new EmulatedDevice(Optional.of(ComputePrecision.FP32), backward, Optional.of(dtype));
        PlacedDevice placed =
                new PlacedDevice(device, new ReferenceBackend().devices().getFirst(), node -> true);
        try (Executable executable = placed.load(plan)) {
            Profile profile = new Profile();
            double error = Closeness.nmse(exact, executable.run(one.values(), profile));
            // Products would be three launches.
            assertEquals(
                    1,
                    profile.entries().stream()
                            .filter(entry -> entry.operation().equals("packed_attention"))
                            .mapToLong(Profile.Entry::calls)
                            .sum());
            assertTrue(error <= ROUNDING * unit * unit, () -> program + " is off by " + error);
        }
    }
}
