package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.OutOfRangeException;
import detangle.backend.Plan;
import detangle.backend.reference.ReferenceBackend;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs whose values have 16 bits, by an emulated device. The test needs no device. */
class NarrowActivationsTest {
    private static final int PROGRAMS = 20;

    /** Squares of what 16 bits round away over what 32 bits do: mantissas are 13 and 16 bits shorter. */
    private static final double F16 = 0x1p26;

    private static final double BF16 = 0x1p32;

    /** The least error that is allowed, where single precision happens to round nothing. */
    private static final double LEAST = 0x1p-46;

    private static final double ROUNDING = 100;

    private int compared;
    private int outOfRange;

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void randomProgramsAreAsExactAsTheTypeAllows(DType dtype) {
        RandomRun.run("16 bits", false, PROGRAMS, (seed, sample) -> {
            double tolerance = ROUNDING * (dtype == DType.F16 ? F16 : BF16) * Math.max(LEAST, Rounding.of(sample));
            if (tolerance < 1) {
                check(sample, tolerance, new EmulatedDevice(Optional.empty(), false, Optional.of(dtype)));
                check(
                        sample,
                        tolerance,
                        new EmulatedDevice(Optional.of(ComputePrecision.FP32), true, Optional.of(dtype)));
            }
        });
        System.out.println(dtype + ": " + compared + " compared, " + outOfRange + " out of range");
        assertTrue(compared > PROGRAMS / 2, compared + " programs are too few");
    }

    private void check(Sample sample, double tolerance, EmulatedDevice device) {
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
        Plan plan = Compiler.compile(sample.program(), Passes.optimisations());
        try {
            double error = Closeness.nmse(exact, run(device, plan, sample.inputs()));
            assertTrue(error <= tolerance, "it is off by " + error + ", with " + tolerance + " allowed");
            compared++;
        } catch (OutOfRangeException e) {
            outOfRange++;
        }
    }

    private static Map<String, Tensor> run(EmulatedDevice device, Plan plan, Map<String, Tensor> inputs) {
        PlacedDevice placed =
                new PlacedDevice(device, new ReferenceBackend().devices().getFirst(), node -> true);
        try (Executable executable = placed.load(plan)) {
            return executable.run(inputs);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void attentionIsAsExactAsTheTypeAllows(DType dtype) {
        for (int seed = 0; seed < 4; seed++) {
            AttentionCase packed = new AttentionCase(seed);
            check(packed, packed.packed(new int[] {7, 0, 40, 40}, seed < 3, seed > 0, false, s -> s), dtype);
            AttentionCase padded = new AttentionCase(seed);
            check(padded, padded.padded(2, 9, 33, seed < 3, seed > 0, seed), dtype);
        }
    }

    private static void check(AttentionCase one, Program program, DType dtype) {
        Plan plan = Compiler.compile(program, Passes.optimisations());
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, one.values());
        for (Optional<ComputePrecision> library :
                List.of(Optional.<ComputePrecision>empty(), Optional.of(ComputePrecision.FP32))) {
            double error = Closeness.nmse(
                    exact, run(new EmulatedDevice(library, false, Optional.of(dtype)), plan, one.values()));
            double unit = dtype == DType.F16 ? 0x1p-11 : 0x1p-8;
            assertTrue(error <= ROUNDING * unit * unit, () -> program + " is off by " + error);
        }
    }

    private static final Program PRODUCT = Parser.parse("test.dtir", """
            func @f(%x: f32[S,4]) -> (y: f32[S,2]) {
              %w = constant @"w" : f32[2,4]
              %b = constant @"b" : f32[2]
              %y = linear %x, %w, %b {bias, act=gelu} : f32[S,2]
              return y = %y
            }""")
            .withConstants(Map.of(
                    "w",
                    Tensor.of(new float[] {1, 2, 3, 4, 0.5f, 0, 0, 0}, 2, 4),
                    "b",
                    Tensor.of(new float[] {1, -1}, 2)));

    private static Map<String, Tensor> product(DType dtype, Optional<ComputePrecision> library, float x) {
        Plan plan = Compiler.compile(PRODUCT, List.of());
        return run(
                new EmulatedDevice(library, false, Optional.of(dtype)),
                plan,
                Map.of("x", Tensor.of(new float[] {1, 1, 1, x}, 1, 4)));
    }

    @Test
    void weightsAndBiasesHaveThoseBitsToo() {
        Optional<ComputePrecision> library = Optional.of(ComputePrecision.FP32);
        for (DType dtype : List.of(DType.F16, DType.BF16)) {
            assertEquals(11f, product(dtype, Optional.empty(), 1).get("y").toFloats()[0]);
            assertEquals(11f, product(dtype, library, 1).get("y").toFloats()[0]);
        }
    }

    @Test
    void whatPassesTheRangeIsRefusedAndTheOutputNamed() {
        assertEquals(
                "the output y is not finite, as values on kernels pass the range of f16, which ends at 65504:"
                        + " use --precision bf16 or fp32",
                assertThrows(OutOfRangeException.class, () -> product(DType.F16, Optional.empty(), 20000))
                        .getMessage());
        assertEquals(
                80000f, product(DType.BF16, Optional.empty(), 20000).get("y").toFloats()[0], 400f);
    }

    @Test
    void whatIsInfiniteInFp32StaysSo() {
        float[] y = product(DType.F16, Optional.empty(), Float.POSITIVE_INFINITY)
                .get("y")
                .toFloats();
        assertEquals(Float.POSITIVE_INFINITY, y[0]);
    }
}
