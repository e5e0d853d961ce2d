package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.reference.ReferenceBackend;
import detangle.backend.tornado.Launch.Work;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.Closeness;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.HalfFloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Random programs by emulated devices against the interpreter in double precision, and what the emulator finds out
 * about a kernel. The test needs no device.
 */
class EmulatorTest {
    private static final int PROGRAMS = 20;
    private static final double NMSE = 1e-11;
    private static final double ROUNDING = 100;

    @Test
    void kernelsAgreeWithTheInterpreter() {
        agree(Optional.empty());
    }

    @Test
    void productsByTheLibraryAgreeWithTheInterpreter() {
        agree(Optional.of(ComputePrecision.FP32));
    }

    private static void agree(Optional<ComputePrecision> library) {
        RandomRun.run("emulator", false, PROGRAMS, (seed, sample) -> {
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
            double tolerance = Math.max(NMSE, ROUNDING * Rounding.of(sample));
            Plan plan = Compiler.compile(sample.program(), Passes.optimisations());
            Map<String, Tensor> forward = run(new EmulatedDevice(library, false), plan, sample.inputs());
            double error = Closeness.nmse(exact, forward);
            assertTrue(error <= tolerance, "it is off by " + error + ", with " + tolerance + " allowed");
            Map<String, Tensor> backward = run(new EmulatedDevice(library, true), plan, sample.inputs());
            forward.forEach((name, value) -> assertEquals(
                    -1,
                    value.data().mismatch(backward.get(name).data()),
                    name + " depends on the order in which threads run"));
        });
    }

    private static Map<String, Tensor> run(EmulatedDevice device, Plan plan, Map<String, Tensor> inputs) {
        // The interpreter runs what the device has no kernel for.
        PlacedDevice placed =
                new PlacedDevice(device, new ReferenceBackend().devices().getFirst(), node -> true);
        try (Executable executable = placed.load(plan)) {
            return executable.run(inputs);
        }
    }

    private static float[] reverse(int groups, int barriers, boolean backward) {
        HalfFloatArray x = new HalfFloatArray(groups * ReverseKernel.THREADS);
        HalfFloatArray y = new HalfFloatArray(groups * ReverseKernel.THREADS);
        for (int i = 0; i < x.getSize(); i++) {
            x.set(i, new HalfFloat(i));
        }
        Unwritten.fill(y);
        IntArray sizes = IntArray.fromElements(groups * ReverseKernel.THREADS);
        List<Object> arguments = List.of(sizes, IntArray.fromElements(0, 0), x, y, barriers);
        EmulatedGroup.run(
                TaskClass.of(ReverseKernel.class),
                ReverseKernel.THREADS,
                new Work(sizes.toHeapArray(), groups, 1, 1),
                arguments,
                backward);
        float[] values = new float[y.getSize()];
        for (int i = 0; i < values.length; i++) {
            values[i] = y.get(i).getFloat32();
        }
        return values;
    }

    @Test
    void threadsOfAGroupWaitForEachOther() {
        float[] expected = {7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8};
        assertEquals(Arrays.toString(expected), Arrays.toString(reverse(2, 2, false)));
        assertEquals(Arrays.toString(expected), Arrays.toString(reverse(2, 2, true)));
    }

    @Test
    void aMissingBarrierShows() {
        assertEquals("[NaN, NaN, NaN, NaN, 3.0, 2.0, 1.0, 0.0]", Arrays.toString(reverse(1, 0, false)));
        assertEquals("[7.0, 6.0, 5.0, 4.0, NaN, NaN, NaN, NaN]", Arrays.toString(reverse(1, 0, true)));
    }

    @Test
    void aBarrierThatSomeThreadsPassByIsRefused() {
        assertEquals(
                "7 of 8 threads wait at a barrier, and 1 have ended",
                assertThrows(AssertionError.class, () -> reverse(1, 1, false)).getMessage());
    }
}
