package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.EmulatedTiles;
import detangle.backend.vector.amx.JavaTiles;
import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.amx.TilePacking;
import detangle.backend.vector.amx.TileProduct;
import detangle.backend.vector.kernel.MatMul.Matrices;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of two sides that no one packs ahead, by the code that is emitted, and by the tiles in Java. */
class TileMatMulTest {
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

    private static Places each(int batch) {
        Places places = new Places();
        places.axis(batch, 1);
        return places;
    }

    private static float[] run(MatrixUnit unit, int batch, boolean left, boolean right, int m, int k, int n) {
        float[] a = floats(3 + batch * m * k, 1);
        float[] b = floats(5 + batch * k * n, 2);
        float[] c = new float[1 + batch * m * n];
        Matrices ofLeft = new Matrices(a, 3, each(batch), left);
        new TileMatMul(() -> unit, ofLeft, new Matrices(b, 5, each(batch), right), m, k, n, c, 1).run(batch);
        return c;
    }

    /** One product, which threads share, and more than there are threads. */
    @ParameterizedTest
    @CsvSource({
        "2, false, false, 1, 1, 1",
        "1, true, false, 40, 3, 50",
        "9, false, true, 33, 65, 17",
        "2, true, true, 17, 33, 70",
        "1, true, false, 64, 96, 32",
        "2, false, false, 3, 4130, 5",
        "1, true, true, 3, 4130, 5"
    })
    void everyOrderOfTheSides(int batch, boolean left, boolean right, int m, int k, int n) throws Exception {
        float[] java = run(new JavaTiles(), batch, left, right, m, k, n);
        float[] a = floats(3 + batch * m * k, 1);
        float[] b = floats(5 + batch * k * n, 2);
        for (int p = 0; p < batch; p++) {
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
            assertArrayEquals(java, run(EmulatedTiles.in(arena), batch, left, right, m, k, n));
        }
    }

    @Test
    void hasTheSameBitsWithAnyNumberOfThreads() {
        int threads = WorkerPool.SHARED.threads();
        int batch = threads + 1;
        float[] shared = run(new JavaTiles(), batch, false, false, 70, 40, 33);
        WorkerPool.SHARED.limit(1);
        try {
            assertArrayEquals(shared, run(new JavaTiles(), batch, false, false, 70, 40, 33));
        } finally {
            WorkerPool.SHARED.limit(threads);
        }
    }

    /** A matrix that stands packed for products with its transpose has the numbers of one that is packed for this one. */
    @ParameterizedTest
    @CsvSource({"1, 1", "65, 40", "33, 100", "4130, 5"})
    void aMatrixThatStandsPackedIsMultiplied(int k, int n) {
        int m = 19;
        float[] weight = floats(k * n, 3);
        Matrices left = new Matrices(floats(m * k, 4), 0, each(1), false);
        float[] expected = new float[m * n];
        float[] actual = new float[m * n];
        Matrices stored = new Matrices(weight, 0, each(1), false);
        new TileMatMul(JavaTiles::new, left, stored, m, k, n, expected, 0).run(1);
        TileMatrix packed =
                TileMatrix.ofRows((row, count, to, at) -> System.arraycopy(weight, row * n, to, at, count * n), k, n);
        new TileMatMul(JavaTiles::new, left, new MatMul.Transpose(packed), m, k, n, actual, 0).run(1);
        assertArrayEquals(expected, actual);
    }

    /** The collector waits for a call, so the largest part of a product is cut into several. */
    @Test
    void callsAreShort() {
        int side = 4096;
        AtomicLong steps = new AtomicLong();
        AtomicLong most = new AtomicLong();
        MatrixUnit counting = new MatrixUnit() {
            @Override
            public void run(TilePacking packing) {}

            @Override
            public void run(TileProduct product) {
                long own = (long) product.steps() * product.blocks();
                steps.addAndGet(own);
                most.accumulateAndGet(own, Math::max);
            }
        };
        Matrices square = new Matrices(new float[side * side], 0, each(1), false);
        new TileMatMul(() -> counting, square, square, side, side, side, new float[side * side], 0).run(1);
        assertEquals(128L * 128 * 128, steps.get());
        assertTrue(most.get() <= MatrixUnit.CALL_STEPS, most + " steps");
    }
}
