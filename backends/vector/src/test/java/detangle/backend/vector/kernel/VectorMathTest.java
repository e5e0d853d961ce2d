package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    @Test
    void expOfNegativeIsWithinTwoUnitsInTheLastPlace() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1_000_000; i++) {
            float x = -87 * random.nextFloat() * random.nextFloat();
            float expected = (float) Math.exp(x);
            assertTrue(
                    Math.abs(exp(x) - expected) <= 2 * Math.ulp(expected), () -> "exp(%s) is %s".formatted(x, exp(x)));
        }
    }

    @Test
    void expOfNegativeAtItsEnds() {
        assertEquals(1, exp(0));
        assertEquals(1, exp(-0f));
        assertEquals(0, exp(Float.NEGATIVE_INFINITY));
        assertEquals(0, exp(-1e30f));
        assertTrue(Float.isNaN(exp(Float.NaN)));
    }

    private static float exp(float x) {
        return VectorMath.expOfNegative(FloatVector.broadcast(Lanes.SPECIES, x)).lane(0);
    }
}
