package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.reference.ReferenceBackend;
import detangle.backend.tornado.cublaslt.FakeCublasLt;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.Closeness;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Attention by one kernel in PTX, with every combination of terms, against the interpreter. An emulator runs the kernel,
 * so the test needs no device.
 */
class FusedAttentionTest {
    private static final double ROUNDING = 10;

    /**
     * A batch of sequences.
     *
     * @param holes whether positions leave numbers out in the middle of a sequence
     * @param firstTokens whether each sequence has one query
     * @param backward whether the last warp of a group is the first to run
     */
    private record Batch(
            int[] lengths, boolean c2p, boolean p2c, int width, boolean holes, boolean firstTokens, boolean backward) {
        private static Batch of(boolean c2p, boolean p2c, int width, int... lengths) {
            return new Batch(lengths, c2p, p2c, width, false, false, false);
        }

        private Batch withHoles() {
            return new Batch(lengths, c2p, p2c, width, true, firstTokens, backward);
        }

        private Batch ofFirstTokens() {
            return new Batch(lengths, c2p, p2c, width, holes, true, backward);
        }

        private Batch backwards() {
            return new Batch(lengths, c2p, p2c, width, holes, firstTokens, true);
        }

        private Program program(AttentionCase one) {
            one.ofWidth(width);
            return (holes ? one : one.inOrder()).packed(lengths, c2p, p2c, firstTokens, s -> s);
        }
    }

    /** Shorter than a tile, a tile, some tiles, and none; holes within a tile and between two. */
    private static final List<Batch> BATCHES = List.of(
            Batch.of(true, true, 64, 5, 0, 3).withHoles(),
            Batch.of(true, true, 64, 64),
            Batch.of(true, true, 64, 200, 70),
            Batch.of(true, true, 64, 200, 70).backwards(),
            Batch.of(true, true, 16, 200).withHoles(),
            Batch.of(true, true, 8, 128, 130).withHoles().backwards(),
            Batch.of(true, true, 32, 129, 64, 65).ofFirstTokens(),
            Batch.of(true, false, 64, 129, 64, 65).backwards(),
            Batch.of(false, true, 64, 129, 1),
            Batch.of(false, true, 32, 193).backwards(),
            Batch.of(false, false, 64, 70, 1),
            Batch.of(true, true, 32, 0),
            Batch.of(true, false, 8, 130).withHoles(),
            Batch.of(false, true, 8, 130).withHoles().ofFirstTokens(),
            Batch.of(true, true, 8, 200).backwards(),
            Batch.of(false, false, 16, 64, 64, 64).backwards());

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void packedSequencesAgreeWithTheInterpreter(DType dtype) {
        for (int i = 0; i < BATCHES.size(); i++) {
            AttentionCase one = new AttentionCase(i);
            check(
                    BATCHES.get(i).program(one),
                    one.values(),
                    dtype,
                    BATCHES.get(i).backward());
        }
    }

    @Test
    void aStepWhoseScoresAreAllMinusInfinityCountsNothing() {
        AttentionCase one = new AttentionCase(1);
        Program program = Batch.of(false, false, 16, 70).program(one);
        Map<String, Tensor> values = new HashMap<>(one.values());
        Tensor keys = values.get("x1");
        float[] numbers = keys.toFloats();
        int row = numbers.length / 70;
        for (int key = 0; key < 64; key++) {
            for (int head = 0; head < row; head += 16) {
                numbers[key * row + head] = Float.NEGATIVE_INFINITY;
            }
        }
        float[] ones = new float[numbers.length];
        Arrays.fill(ones, 1f);
        values.put("x0", Tensor.of(ones, keys.shape()));
        values.put("x1", Tensor.of(numbers, keys.shape()));
        check(program, values, DType.F16, false);
    }

    @Test
    void theDriverTellsTheGenerationOfADevice() {
        FakeCublasLt fake = new FakeCublasLt();
        fake.generation = 7;
        assertEquals(7, fake.library().generation(0));
        assertThrows(BackendException.class, () -> fake.library().generation(1));
    }

    private static void check(Program program, Map<String, Tensor> values, DType dtype, boolean backward) {
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, values);
        Plan plan = Compiler.compile(program, Passes.optimisations());
        double unit = dtype == DType.F16 ? 0x1p-11 : 0x1p-8;
        EmulatedDevice device = new EmulatedDevice(Optional.of(ComputePrecision.FP32), backward, Optional.of(dtype));
        PlacedDevice placed =
                new PlacedDevice(device, new ReferenceBackend().devices().getFirst(), node -> true);
        try (Executable executable = placed.load(plan)) {
            Profile profile = new Profile();
            double error = Closeness.nmse(exact, executable.run(values, profile));
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
