package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/**
 * Interpreted and compiled code add in one order, so that a text has the same answer before and after its kernels are
 * compiled.
 */
class OrderOfSumsTest {
    /** Enough for C2, which the test waits for by doing the same again. */
    private static final int CALLS = 30_000;

    private static float[] values(long seed, int size) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * Math.exp(random.nextGaussian() * 3));
        }
        return values;
    }

    @Test
    void lanesAreAddedInOneOrder() {
        float[] x = values(1, Lanes.COUNT);
        float[] sums = x.clone();
        for (int half = Lanes.COUNT / 2; half >= 1; half /= 2) {
            for (int i = 0; i < half; i++) {
                sums[i] += sums[i + half];
            }
        }
        for (int call = 0; call < CALLS; call++) {
            assertEquals(sums[0], Lanes.sum(FloatVector.fromArray(Lanes.SPECIES, x, 0)));
        }
    }

    @Test
    void layerNormKeepsItsBits() {
        int size = 100;
        float[] x = values(2, size);
        float[] gamma = values(3, size + PackedMatrix.WIDTH);
        float[] beta = values(4, size + PackedMatrix.WIDTH);
        float[] first = new float[size];
        VectorLayerNorm.normalise(x, 0, gamma, beta, 1e-7f, first, 0, size);
        float[] later = new float[size];
        for (int call = 0; call < CALLS; call++) {
            VectorLayerNorm.normalise(x, 0, gamma, beta, 1e-7f, later, 0, size);
        }
        assertArrayEquals(first, later);
    }

    @Test
    void layerNormGradientsKeepTheirBits() {
        int size = 100;
        int rows = 3;
        Elements x = new Elements(values(5, rows * size), 0);
        Elements dy = new Elements(values(6, rows * size), 0);
        Elements dx = new Elements(new float[rows * size], 0);
        Elements dgamma = new Elements(new float[size], 0);
        Elements dbeta = new Elements(new float[size], 0);
        float[] gamma = values(7, size);
        VectorLayerNormGrad kernel = new VectorLayerNormGrad(
                x, Optional.empty(), dy, 1e-7f, Optional.of(dx), Optional.of(dgamma), Optional.of(dbeta), rows, size);
        kernel.run(gamma);
        float[] firstDx = dx.array().clone();
        float[] firstDgamma = dgamma.array().clone();
        float[] firstDbeta = dbeta.array().clone();
        for (int call = 0; call < CALLS; call++) {
            kernel.run(gamma);
        }
        assertArrayEquals(firstDx, dx.array());
        assertArrayEquals(firstDgamma, dgamma.array());
        assertArrayEquals(firstDbeta, dbeta.array());
    }
}
