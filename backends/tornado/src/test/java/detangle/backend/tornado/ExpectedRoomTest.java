package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.compiler.Compiler;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Room is made for more than the first shape, as far as the constants' size allows, and constants are kept. */
class ExpectedRoomTest {
    private static final String PROGRAM = """
            func @f(%x: f32[S,64]) -> (y: f32[S,64]) {
              %w = constant @"w" : f32[64,64]
              %0 = linear %x, %w {act=none} : f32[S,64]
              return y = %0
            }
            """;

    /** Twice the identity, of 16384 bytes. */
    private static Plan plan() {
        float[] weight = new float[64 * 64];
        for (int i = 0; i < 64; i++) {
            weight[i * 65] = 2;
        }
        return Compiler.compile(
                Parser.parse("test.dtir", PROGRAM).withConstants(Map.of("w", Tensor.of(weight, 64, 64))), List.of());
    }

    private static void assertDoubles(Executable executable, int rows) {
        float[] x = new float[64 * rows];
        float[] expected = new float[x.length];
        Arrays.fill(x, rows);
        Arrays.fill(expected, 2 * rows);
        assertArrayEquals(
                expected,
                executable.run(Map.of("x", Tensor.of(x, rows, 64))).get("y").toFloats());
    }

    @Test
    void aLargerShapeWithinTheRoomNeedsNoNewGraph() {
        Accelerator device = Devices.first();
        Plan plan = plan();
        Map<Buffers.Kept, DeviceArray> kept = new HashMap<>();
        AtomicInteger graphs = new AtomicInteger();
        try (Executable executable = new TornadoExecutable(plan, new DeviceVariables(Map.of()), (shapes, staying) -> {
            graphs.incrementAndGet();
            return new DeviceGraph(plan, shapes, kept, staying, device);
        })) {
            assertDoubles(executable, 1);
            DeviceArray weight = kept.values().iterator().next();
            // 32 rows of 64 floats twice have the bytes of the weight.
            assertDoubles(executable, 32);
            assertEquals(1, graphs.get());
            assertDoubles(executable, 33);
            assertEquals(2, graphs.get());
            assertEquals(List.of(weight), List.copyOf(kept.values()));
        }
    }

    @Test
    void nothingIsExpectedBeyondTheLimit() {
        Plan plan = plan();
        Buffers buffers = new Buffers(plan, List.of(Map.of("S", 1L)));
        Launcher.of(plan, buffers, Optional.empty(), AttentionMethods.KERNEL);
        assertEquals(Optional.of(Map.of("S", 32L)), buffers.expected(Long.MAX_VALUE));
        assertEquals(Optional.of(Map.of("S", 2L)), buffers.expected(1024));
        assertTrue(buffers.expected(1023).isEmpty());
    }
}
