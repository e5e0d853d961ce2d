package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.EmulatedTiles;
import detangle.backend.vector.amx.JavaTiles;
import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.kernel.MatMul.Matrices;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of two sides that no one packs ahead, by the code that is emitted, and by the tiles in Java. */
class TileMatMulTest {
    private static final int BATCH = 2;

    private static float[] floats(int count, long seed) {
        Random random = new Random(seed);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }

    private static float rounded(float x) {
        return Bf16.widen(Bf16.round(x));
    }

    private static Places each() {
        Places places = new Places();
        places.axis(BATCH, 1);
        return places;
    }

    private static float[] run(MatrixUnit unit, boolean left, boolean right, int m, int k, int n) {
        float[] a = floats(3 + BATCH * m * k, 1);
        float[] b = floats(5 + BATCH * k * n, 2);
        float[] c = new float[1 + BATCH * m * n];
        TileMatMul product = new TileMatMul(() -> unit);
        product.operands(new Matrices(a, 3, each(), left), new Matrices(b, 5, each(), right), m, k, n, c, 1);
        product.run(BATCH);
        return c;
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, 1, 1, 1",
        "true, false, 40, 3, 50",
        "false, true, 33, 65, 17",
        "true, true, 17, 33, 70",
        "true, false, 64, 96, 32",
        "false, false, 3, 4130, 5",
        "true, true, 3, 4130, 5"
    })
    void everyOrderOfTheSides(boolean left, boolean right, int m, int k, int n) throws Exception {
        float[] java = run(new JavaTiles(), left, right, m, k, n);
        float[] a = floats(3 + BATCH * m * k, 1);
        float[] b = floats(5 + BATCH * k * n, 2);
        for (int p = 0; p < BATCH; p++) {
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int l = 0; l < k; l++) {
                        float x = a[3 + p * m * k + (left ? l * m + i : i * k + l)];
                        float y = b[5 + p * k * n + (right ? j * k + l : l * n + j)];
                        sum += (double) rounded(x) * rounded(y);
                    }
                    assertEquals(sum, java[1 + (p * m + i) * n + j], 1e-5 * Math.sqrt(k + 1));
                }
            }
        }
        try (Arena arena = Arena.ofShared()) {
            assertArrayEquals(java, run(EmulatedTiles.in(arena), left, right, m, k, n));
        }
    }
}
