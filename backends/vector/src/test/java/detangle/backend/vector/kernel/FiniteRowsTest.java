package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import org.junit.jupiter.api.Test;

class FiniteRowsTest {
    @Test
    void floats() {
        for (int count = 0; count < 12; count++) {
            float[] row = new float[count + 2];
            row[0] = Float.NaN;
            row[count + 1] = Float.POSITIVE_INFINITY;
            assertTrue(FiniteRows.areFinite(row, 1, count));
            for (int i = 1; i <= count; i++) {
                for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                    row[i] = value;
                    assertFalse(FiniteRows.areFinite(row, 1, count), value + " at " + i);
                }
                row[i] = i % 2 == 0 ? Float.MAX_VALUE : -Float.MIN_VALUE;
            }
            assertTrue(FiniteRows.areFinite(row, 1, count));
        }
    }

    /** Each pattern of 16 bits. */
    @Test
    void narrow() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            short[] row = {0, (short) bits, (short) 0x8000};
            boolean half = Float.isFinite(Float.float16ToFloat((short) bits));
            boolean brain = Float.isFinite(Float.intBitsToFloat(bits << 16));
            assertTrue(half == FiniteRows.areFinite(row, 3, DType.F16), "f16 " + bits);
            assertTrue(brain == FiniteRows.areFinite(row, 3, DType.BF16), "bf16 " + bits);
        }
    }
}
