package detangle.backend.vector.amx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Bf16Test {
    private static void rounds(float to, float from) {
        assertEquals(Float.floatToRawIntBits(to), Float.floatToRawIntBits(Bf16.widen(Bf16.round(from))), from + "");
    }

    @Test
    void roundsToNearestAndTiesToEven() {
        rounds(1, 1);
        rounds(1, 1 + 0x1p-8f);
        rounds(1 + 0x1p-7f, Math.nextUp(1 + 0x1p-8f));
        rounds(1 + 0x1p-6f, 1 + 0x1p-7f + 0x1p-8f);
        rounds(-1, -1 - 0x1p-8f);
        rounds(Float.POSITIVE_INFINITY, Float.MAX_VALUE);
        rounds(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
    }

    @Test
    void denormalNumbersAreZerosOfTheirSign() {
        rounds(0f, Math.nextDown(Float.MIN_NORMAL));
        rounds(-0f, -Float.MIN_VALUE);
        rounds(Float.MIN_NORMAL, Float.MIN_NORMAL);
        assertEquals(0, Float.floatToRawIntBits(Bf16.fma(Float.MIN_VALUE, 1e30f, 0)));
        assertEquals(1 << 31, Float.floatToRawIntBits(Bf16.fma(0x1p-100f, -0x1p-40f, -0f)));
        assertEquals(0, Float.floatToRawIntBits(Bf16.add(1.5f * Float.MIN_NORMAL, -Float.MIN_NORMAL)));
    }

    @Test
    void nanStaysNanAndBecomesQuiet() {
        assertEquals((short) 0x7FC0, Bf16.round(Float.intBitsToFloat(0x7F80_0001)));
        assertTrue(Float.isNaN(Bf16.widen(Bf16.round(Float.NaN))));
    }

    /**
     * A result is flushed if it is below the smallest normal number when it is rounded to 24 bits with exponents
     * without a bound.
     */
    @Test
    void whatIsFlushedIsDecidedAfterRoundingWithoutABoundOfExponents() {
        Random random = new Random(3);
        int near = 0;
        for (int i = 0; i < 200_000; i++) {
            float a = Bf16.widen(Bf16.round((float) random.nextGaussian() * 0x1p-70f));
            float b = Bf16.widen(Bf16.round((float) random.nextGaussian() * Math.scalb(1f, -60 - random.nextInt(30))));
            float c = (random.nextBoolean() ? 1 : -1) * Float.MIN_NORMAL;
            BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
            double scaled = exact.multiply(new BigDecimal(0x1p60)).doubleValue();
            // The product has 16 bits and the sum is near c, so the double is exact, as is the scaling.
            float rounded = (float) scaled;
            float expected = Math.abs(rounded) < 0x1p-66f ? Math.copySign(0f, rounded) : (float) (rounded * 0x1p-60);
            near += Math.abs(rounded) == 0x1p-66f || expected == 0 ? 1 : 0;
            assertEquals(expected, Bf16.fma(a, b, c), a + " " + b + " " + c);
        }
        assertTrue(near > 1000, near + " results near the smallest normal number");
        assertEquals(0, Bf16.fma(-0x1p-80f, 1.5f * 0x1p-71f, Float.MIN_NORMAL));
        assertEquals(Float.MIN_NORMAL, Bf16.fma(-0x1p-80f, 0x1p-72f, Float.MIN_NORMAL));
    }
}
