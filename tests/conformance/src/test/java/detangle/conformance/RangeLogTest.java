package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import detangle.runtime.Backends;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The first run in 16 bits that the CPU repeats, because an output is not finite, is told in the log. */
class RangeLogTest {
    @BeforeAll
    static void find() {
        EmulatedFixtureTest.find();
    }

    /** Keeps the messages of a logger. */
    private static final class Messages extends Handler {
        private final List<String> all = new ArrayList<>();

        @Override
        public void publish(LogRecord log) {
            all.add(new SimpleFormatter().formatMessage(log));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void theLineNamesTheOutput() {
        Messages messages = new Messages();
        Logger logger = Logger.getLogger("detangle.runtime.placement.RangeCheck");
        logger.addHandler(messages);
        Device device = Backends.device(Optional.of("emulator:kernels"), Set.of(), ComputePrecision.FP16);
        String program = """
                func @f(%x: f32[B]) -> (y: f32[B], z: f32[B]) {
                  %y = elementwise %x {mul(a0, a0)} : f32[B]
                  %z = elementwise %x {tanh(a0)} : f32[B]
                  return y = %y, z = %z
                }
                """;
        try (Executable executable =
                device.load(Compiler.compile(Parser.parse("test.dtir", program), Passes.optimisations()))) {
            executable.run(Map.of("x", Tensor.of(new float[] {1, 2}, 2)));
            assertEquals(List.of(), messages.all);
            executable.run(Map.of("x", Tensor.of(new float[] {1, Float.POSITIVE_INFINITY}, 2)));
            // A client that sends many such requests does not fill the log.
            executable.run(Map.of("x", Tensor.of(new float[] {1, Float.NEGATIVE_INFINITY}, 2)));
        } finally {
            logger.removeHandler(messages);
        }
        assertEquals(
                List.of("kernels in f16 gives outputs that are not finite: y."
                        + " They are compared with the CPU's in fp32, slowly"),
                messages.all);
    }
}
