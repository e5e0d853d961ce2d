package detangle.backend.tornado;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.reference.ReferenceBackend;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.EveryFunction;
import detangle.testing.RandomPrograms.Sample;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every scalar function, comparison, conversion, reduction and activation of each type that devices compute in. */
class EveryFunctionTest {
    private static final double MARGIN = 100;

    @ParameterizedTest
    @EnumSource(names = {"F32", "I32", "I64", "I1"})
    void agreesWithTheInterpreter(DType dtype) {
        Sample sample = EveryFunction.of(dtype);
        Plan plan = Compiler.compile(sample.program(), Passes.optimisations());
        for (Device device : Devices.each()) {
            // The interpreter runs what the device has no kernel for.
            PlacedDevice placed =
                    new PlacedDevice(device, new ReferenceBackend().devices().getFirst(), node -> true);
            try (Executable executable = placed.load(plan)) {
                EveryFunction.check(sample, executable.run(sample.inputs()), MARGIN);
            }
        }
    }
}
