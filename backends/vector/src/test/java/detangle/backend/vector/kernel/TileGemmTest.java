package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.EmulatedTiles;
import detangle.backend.vector.amx.JavaTiles;
import detangle.backend.vector.amx.MatrixUnit;
import detangle.ir.Activation;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products in bfloat16 by the code that is emitted, which is executed in Java, and by the tiles in Java. */
class TileGemmTest {
    private static final float UNTOUCHED = 12345;

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

    private static TileMatrix tiled(float[] weight, int n, int k) {
        return TileMatrix.ofRows((row, count, to, at) -> System.arraycopy(weight, row * k, to, at, count * k), n, k);
    }

    /** Two products of the same rows, one with a wider result than it fills, after a run of other sizes. */
    private static float[] run(MatrixUnit unit, int rows, int n, int k, Activation activation) {
        Gemm gemm = new Gemm(() -> unit);
        float[] a = floats(3 + rows * (k + 2), 1);
        gemm.left(a, 0, 3, 1, 3);
        gemm.product(tiled(floats(3, 9), 1, 3), new float[1], Activation.NONE, new float[1], 0, 1);
        gemm.run();
        float[] c = new float[5 + rows * (n + 7)];
        float[] other = new float[rows * 40];
        Arrays.fill(c, UNTOUCHED);
        float[] bias = floats(n + PackedMatrix.WIDTH, 2);
        gemm.left(a, 3, k + 2, rows, k);
        gemm.product(tiled(floats(n * k, 3), n, k), bias, activation, c, 5, n + 7);
        gemm.product(tiled(floats(40 * k, 4), 40, k), floats(80, 5), Activation.NONE, other, 0, 40);
        gemm.run();
        float[] all = Arrays.copyOf(c, c.length + other.length);
        System.arraycopy(other, 0, all, c.length, other.length);
        return all;
    }

    private static void check(float[] result, int rows, int n, int k) {
        float[] a = floats(3 + rows * (k + 2), 1);
        float[] weight = floats(n * k, 3);
        float[] bias = floats(n, 2);
        float[] expected = result.clone();
        Arrays.fill(expected, 0, 5 + rows * (n + 7), UNTOUCHED);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                double sum = bias[j];
                for (int l = 0; l < k; l++) {
                    sum += (double) rounded(a[3 + i * (k + 2) + l]) * rounded(weight[j * k + l]);
                }
                int at = 5 + i * (n + 7) + j;
                expected[at] = (float) sum;
                assertEquals(sum, result[at], 1e-5 * Math.sqrt(k + 1), "row " + i + ", column " + j);
            }
        }
        for (int i = 0; i < 5 + rows * (n + 7); i++) {
            assertEquals(expected[i] == UNTOUCHED, result[i] == UNTOUCHED, "element " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "16, 64, 64", "33, 31, 33", "70, 65, 448", "17, 100, 31", "5, 33, 96", "64, 17, 416"})
    void everyNumberOfRowsColumnsAndDepth(int rows, int n, int k) throws Exception {
        float[] java = run(new JavaTiles(), rows, n, k, Activation.NONE);
        check(java, rows, n, k);
        try (Arena arena = Arena.ofShared()) {
            assertArrayEquals(java, run(EmulatedTiles.in(arena), rows, n, k, Activation.NONE));
        }
    }

    @Test
    void activationsFollowTheProduct() {
        float[] plain = run(new JavaTiles(), 40, 50, 64, Activation.NONE);
        float[] positive = run(new JavaTiles(), 40, 50, 64, Activation.RELU);
        for (int i = 0; i < plain.length; i++) {
            boolean inside = i >= 5 && i < 5 + 40 * 57;
            assertEquals(inside ? Math.max(plain[i], 0) : plain[i], positive[i], "element " + i);
        }
    }

    /** Rows of several groups, by the tiles in Java. */
    @Test
    void manyRowsHaveTheBitsOfFew() {
        int k = 2048;
        int rows = Math.max(300, Processor.secondLevelCache() / 2 / (2 * k) + 100);
        float[] weight = floats(40 * k, 6);
        float[] a = floats(rows * k, 7);
        float[] many = new float[rows * 40];
        float[] few = new float[rows * 40];
        TileMatrix matrix = tiled(weight, 40, k);
        Gemm gemm = new Gemm(JavaTiles::new);
        for (int first = 0; first < rows; first += 50) {
            int count = Math.min(50, rows - first);
            gemm.left(a, first * k, k, count, k);
            gemm.product(matrix, new float[40], Activation.NONE, few, first * 40, 40);
            gemm.run();
        }
        gemm.left(a, 0, k, rows, k);
        gemm.product(matrix, new float[40], Activation.NONE, many, 0, 40);
        gemm.run();
        assertArrayEquals(few, many);
    }

    @Test
    void aMatrixOfFloatsStandsBesideOneOfTiles() {
        Warmup.PRODUCTS.await();
        float[] a = floats(20 * 32, 1);
        float[] weight = floats(32 * 32, 2);
        Gemm gemm = new Gemm(JavaTiles::new);
        float[] tiles = new float[20 * 32];
        float[] exact = new float[20 * 32];
        float[] bias = new float[32 + PackedMatrix.WIDTH];
        gemm.left(a, 0, 32, 20, 32);
        gemm.product(tiled(weight, 32, 32), bias, Activation.NONE, tiles, 0, 32);
        gemm.product(PackedMatrix.ofRows(weight, 0, 32, 32), bias, Activation.NONE, exact, 0, 32);
        gemm.run();
        assertArrayEquals(exact, tiles, 0.3f);
    }

    @Test
    void bitsOfACheckpointAreTakenAsTheyAre() {
        float[] weight = floats(35 * 70, 8);
        short[] bits = new short[weight.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Bf16.round(weight[i]);
        }
        TileMatrix stored = TileMatrix.ofBits((row, to, at) -> System.arraycopy(bits, row * 70, to, at, 70), 35, 70);
        float[] expected = new float[70 * 35];
        float[] actual = new float[70 * 35];
        tiled(weight, 35, 70).unpack(0, 70, 0, 35, expected, 35);
        stored.unpack(0, 70, 0, 35, actual, 35);
        assertArrayEquals(expected, actual);
        assertEquals(rounded(weight[34 * 70 + 69]), actual[69 * 35 + 34]);
    }

    @Test
    void whatIsNotFiniteIsRefused() {
        assertThrows(ArithmeticException.class, () -> tiled(new float[] {1, Float.NaN}, 1, 2));
        assertThrows(ArithmeticException.class, () -> tiled(new float[] {1, Float.MAX_VALUE}, 1, 2));
    }
}
