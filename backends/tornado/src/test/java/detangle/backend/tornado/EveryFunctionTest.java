package detangle.backend.tornado;

import detangle.backend.Device;
import detangle.backend.Executable;
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
        // What the device has no kernel for is the interpreter's.
        Device device = new PlacedDevice(
                Devices.first(), new ReferenceBackend().devices().getFirst(), node -> true);
        Sample sample = EveryFunction.of(dtype);
        try (Executable executable = device.load(Compiler.compile(sample.program(), Passes.optimisations()))) {
            EveryFunction.check(sample, executable.run(sample.inputs()), MARGIN);
        }
    }
}
