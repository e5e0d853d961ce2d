package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

/**
 * A tile by loops over floats, with the bits of the compiled one: see {@link FloatLoops}. Sixteen sums at a time stay
 * in registers, of two rows and eight columns.
 *
 * @param rows one or an even number
 */
record FloatTile(int rows) implements Tile {
    private static final int COLUMNS = 8;

    @Override
    public void run(
            float[] a,
            int ao,
            float[] b,
            int bo,
            int k,
            float[] first,
            int firstAt,
            int firstStride,
            float[] c,
            int co,
            int ldc) {
        for (int j = 0; j < WIDTH; j += COLUMNS) {
            if (rows == 1) {
                row(a, ao, b, bo + j, k, first, firstAt + j, c, co + j);
            }
            for (int i = 0; i + 1 < rows; i += 2) {
                int from = firstAt + i * firstStride + j;
                int to = co + i * ldc + j;
                rows(a, ao + i, rows, b, bo + j, k, first, from, from + firstStride, c, to, to + ldc);
            }
        }
    }

    private static void row(
            float[] a, int ao, float[] b, int bo, int k, float[] first, int firstAt, float[] c, int co) {
        float s0 = first[firstAt];
        float s1 = first[firstAt + 1];
        float s2 = first[firstAt + 2];
        float s3 = first[firstAt + 3];
        float s4 = first[firstAt + 4];
        float s5 = first[firstAt + 5];
        float s6 = first[firstAt + 6];
        float s7 = first[firstAt + 7];
        int at = bo;
        for (int step = 0; step < k; step++) {
            float x = a[ao + step];
            s0 = Math.fma(x, b[at], s0);
            s1 = Math.fma(x, b[at + 1], s1);
            s2 = Math.fma(x, b[at + 2], s2);
            s3 = Math.fma(x, b[at + 3], s3);
            s4 = Math.fma(x, b[at + 4], s4);
            s5 = Math.fma(x, b[at + 5], s5);
            s6 = Math.fma(x, b[at + 6], s6);
            s7 = Math.fma(x, b[at + 7], s7);
            at += WIDTH;
        }
        c[co] = s0;
        c[co + 1] = s1;
        c[co + 2] = s2;
        c[co + 3] = s3;
        c[co + 4] = s4;
        c[co + 5] = s5;
        c[co + 6] = s6;
        c[co + 7] = s7;
    }

    /** Two rows of A, packed {@code stride} apart, by eight columns; their sums begin and end at two places each. */
    private static void rows(
            float[] a,
            int ao,
            int stride,
            float[] b,
            int bo,
            int k,
            float[] first,
            int upper,
            int lower,
            float[] c,
            int above,
            int below) {
        float s0 = first[upper];
        float s1 = first[upper + 1];
        float s2 = first[upper + 2];
        float s3 = first[upper + 3];
        float s4 = first[upper + 4];
        float s5 = first[upper + 5];
        float s6 = first[upper + 6];
        float s7 = first[upper + 7];
        float t0 = first[lower];
        float t1 = first[lower + 1];
        float t2 = first[lower + 2];
        float t3 = first[lower + 3];
        float t4 = first[lower + 4];
        float t5 = first[lower + 5];
        float t6 = first[lower + 6];
        float t7 = first[lower + 7];
        int row = ao;
        int at = bo;
        for (int step = 0; step < k; step++) {
            float x = a[row];
            float y = a[row + 1];
            s0 = Math.fma(x, b[at], s0);
            t0 = Math.fma(y, b[at], t0);
            s1 = Math.fma(x, b[at + 1], s1);
            t1 = Math.fma(y, b[at + 1], t1);
            s2 = Math.fma(x, b[at + 2], s2);
            t2 = Math.fma(y, b[at + 2], t2);
            s3 = Math.fma(x, b[at + 3], s3);
            t3 = Math.fma(y, b[at + 3], t3);
            s4 = Math.fma(x, b[at + 4], s4);
            t4 = Math.fma(y, b[at + 4], t4);
            s5 = Math.fma(x, b[at + 5], s5);
            t5 = Math.fma(y, b[at + 5], t5);
            s6 = Math.fma(x, b[at + 6], s6);
            t6 = Math.fma(y, b[at + 6], t6);
            s7 = Math.fma(x, b[at + 7], s7);
            t7 = Math.fma(y, b[at + 7], t7);
            row += stride;
            at += WIDTH;
        }
        c[above] = s0;
        c[above + 1] = s1;
        c[above + 2] = s2;
        c[above + 3] = s3;
        c[above + 4] = s4;
        c[above + 5] = s5;
        c[above + 6] = s6;
        c[above + 7] = s7;
        c[below] = t0;
        c[below + 1] = t1;
        c[below + 2] = t2;
        c[below + 3] = t3;
        c[below + 4] = t4;
        c[below + 5] = t5;
        c[below + 6] = t6;
        c[below + 7] = t7;
    }
}
