package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.reference.ReferenceBackend;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.runtime.placement.PlacedDevice;
import detangle.testing.Closeness;
import detangle.testing.RandomRun;
import detangle.testing.Rounding;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Random programs, compiled, on TornadoVM's first device against the interpreter in double precision. */
class RandomProgramTest {
    private static final double NMSE = 1e-11;
    private static final double ROUNDING = 100;

    @Test
    void agreesWithTheInterpreter() {
        // The interpreter runs what the device has no kernel for.
        Device device = new PlacedDevice(
                Devices.first(), new ReferenceBackend().devices().getFirst(), node -> true);
        RandomRun.run("tornado", false, 20, (seed, sample) -> {
            Map<String, Tensor> exact = new Interpreter(Precision.F64).run(sample.program(), sample.inputs());
            double tolerance = Math.max(NMSE, ROUNDING * Rounding.of(sample));
            try (Executable executable = device.load(Compiler.compile(sample.program(), Passes.optimisations()))) {
                double error = Closeness.nmse(exact, executable.run(sample.inputs()));
                assertTrue(error <= tolerance, "it is off by " + error + ", with " + tolerance + " allowed");
            }
        });
    }
}
