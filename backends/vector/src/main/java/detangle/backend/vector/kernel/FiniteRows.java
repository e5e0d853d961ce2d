package detangle.backend.vector.kernel;

import detangle.ir.DType;

/** Looks for what is not a finite number in rows that are in the cache anyway. */
final class FiniteRows {
    private static final int NARROW = 0x8000;
    private static final int INFINITE_HALF = 0x7c00;
    private static final int INFINITE_BRAIN = 0x7f80;

    private FiniteRows() {}

    /**
     * NaN and infinity times zero are NaN, and so is every sum with it. Four sums, as an addition waits for the one
     * before it.
     */
    static boolean areFinite(float[] row, int at, int count) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int end = at + count;
        int i = at;
        for (; i + 3 < end; i += 4) {
            a += row[i] * 0f;
            b += row[i + 1] * 0f;
            c += row[i + 2] * 0f;
            d += row[i + 3] * 0f;
        }
        for (; i < end; i++) {
            a += row[i] * 0f;
        }
        return a + b + c + d == 0;
    }

    /**
     * Bits without a sign that reach those of infinity carry into the place of the sign.
     *
     * @param dtype f16 or bf16
     */
    static boolean areFinite(short[] row, int count, DType dtype) {
        int carry = NARROW - (dtype == DType.F16 ? INFINITE_HALF : INFINITE_BRAIN);
        int all = 0;
        for (int i = 0; i < count; i++) {
            all |= (row[i] & NARROW - 1) + carry;
        }
        return (all & NARROW) == 0;
    }
}
