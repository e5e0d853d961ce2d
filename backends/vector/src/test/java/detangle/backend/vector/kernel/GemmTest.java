package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import detangle.ir.Activation;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Products compute every element, however tasks are made of panels and rows. */
class GemmTest {
    private static final int ROWS = 150;
    private static final int DEPTH = 2048;
    private static final int COLUMNS = 1100;

    /** Columns of a product that has one round. */
    private static final int FEW = 100;

    private static void multiply(float[] a, float[] weights, int from, int columns, float[] c) {
        Gemm gemm = new Gemm();
        gemm.left(a, 0, DEPTH, ROWS, DEPTH);
        PackedMatrix b = PackedMatrix.ofRows(weights, from * DEPTH, columns, DEPTH);
        gemm.product(b, new float[columns + PackedMatrix.WIDTH], Activation.NONE, c, from, COLUMNS);
        gemm.run();
    }

    /** Weights of more than one round and rows of several groups. */
    @Test
    void largeProductsHaveTheBitsOfSmallOnes() {
        Warmup.PRODUCTS.await();
        Random random = new Random(3);
        float[] a = new float[ROWS * DEPTH];
        float[] weights = new float[COLUMNS * DEPTH];
        for (float[] x : new float[][] {a, weights}) {
            for (int i = 0; i < x.length; i++) {
                x[i] = random.nextFloat() - 0.5f;
            }
        }
        float[] whole = new float[ROWS * COLUMNS];
        Arrays.fill(whole, Float.NaN);
        multiply(a, weights, 0, COLUMNS, whole);
        float[] parts = new float[ROWS * COLUMNS];
        for (int from = 0; from < COLUMNS; from += FEW) {
            multiply(a, weights, from, FEW, parts);
        }
        assertArrayEquals(parts, whole);
    }
}
