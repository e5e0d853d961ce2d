package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    @Test
    void exponentialsAreWithinTwoUnitsInTheLastPlace() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1_000_000; i++) {
            float x = -87 * random.nextFloat() * random.nextFloat();
            float expected = (float) Math.exp(x);
            assertTrue(
                    Math.abs(exp(x) - expected) <= 2 * Math.ulp(expected), () -> "exp(%s) is %s".formatted(x, exp(x)));
        }
    }

    @Test
    void exponentialsAtTheirEnds() {
        assertEquals(1, exp(0));
        assertEquals(1, exp(-0f));
        assertEquals(0, exp(Float.NEGATIVE_INFINITY));
        assertEquals(0, exp(-1e30f));
        assertTrue(Float.isNaN(exp(Float.NaN)));
    }

    private static float exp(float x) {
        float[] values = new float[Lanes.COUNT];
        Arrays.fill(values, x);
        values[0] = 0;
        VectorMath.exponentials(values, 0, values.length);
        return values[1];
    }

    @Test
    void exponentialsAreOfDifferencesFromTheLargestAndSummed() {
        float[] values = new float[Lanes.COUNT];
        Arrays.fill(values, 5);
        values[0] = 4;
        assertEquals(1 / (Lanes.COUNT - 1 + Math.exp(-1)), VectorMath.exponentials(values, 0, values.length), 1e-6);
        assertEquals(Math.exp(-1), values[0], 1e-6);
        assertEquals(1, values[1]);
    }

    @Test
    void nothingButMaskedPlacesBecomesZeros() {
        float[] values = new float[Lanes.COUNT];
        Arrays.fill(values, Float.NEGATIVE_INFINITY);
        assertEquals(0, VectorMath.exponentials(values, 0, values.length));
        assertEquals(0, values[0]);
    }
}
