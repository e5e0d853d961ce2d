package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Results have the length of their shape, whatever the room of their arrays is. */
class ResultsTest {
    private static final String PROGRAM = """
            func @f(%x: f32[S,3], %ids: i64[S]) -> (y: f32[S,3], z: f32[S,1], l: f32[S,2]) {
              %0 = constant dense<1, 2, 3, 4, 5, 6> : f32[3,2]
              %1 = exp %x : f32[S,3]
              %2 = reduce_sum %1 {axis=1} : f32[S,1]
              %3 = gather %0, %ids : f32[S,2]
              return y = %1, z = %2, l = %3
            }
            """;

    private static Map<String, Tensor> inputs(int rows) {
        float[] x = new float[3 * rows];
        long[] ids = new long[rows];
        for (int i = 0; i < rows; i++) {
            ids[i] = (i + rows) % 3;
        }
        return Map.of("x", Tensor.of(x, rows, 3), "ids", Tensor.of(ids, rows));
    }

    private static void assertRuns(Executable executable, int rows) {
        Map<String, Tensor> outputs = executable.run(inputs(rows));
        assertArrayEquals(new long[] {rows, 3}, outputs.get("y").shape());
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < 3; j++) {
                assertEquals(1, outputs.get("y").getDouble(3L * i + j), 1e-6);
            }
            assertEquals(3, outputs.get("z").getDouble(i), 1e-6);
            assertEquals(1 + 2 * ((i + rows) % 3), outputs.get("l").getDouble(2L * i));
        }
    }

    @Test
    void haveTheLengthOfEachShape() {
        try (Executable executable =
                Devices.first().load(Compiler.compile(Parser.parse("test.dtir", PROGRAM), Passes.optimisations()))) {
            for (int rows : new int[] {400, 3, 0, 1, 399, 1000, 7}) {
                assertRuns(executable, rows);
            }
        }
    }

    @Test
    void stayOnTheDeviceWhereNobodyWantsThem() {
        try (Executable executable =
                Devices.first().load(Compiler.compile(Parser.parse("test.dtir", PROGRAM), Passes.optimisations()))) {
            executable.runOnDevice(inputs(5));
            assertRuns(executable, 4);
            executable.runOnDevice(inputs(4));
            assertRuns(executable, 5);
            Map<String, Tensor> wrong = Map.of("x", Tensor.of(new float[3], 1, 3), "ids", Tensor.of(new long[] {3}, 1));
            assertThrows(InputException.class, () -> executable.runOnDevice(wrong));
        }
    }
}
