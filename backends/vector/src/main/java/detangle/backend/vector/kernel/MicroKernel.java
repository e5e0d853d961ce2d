package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;
import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;

/**
 * The innermost products: a few rows of A, packed {@code [K][rows]}, by one panel of B, packed {@code [K][WIDTH]}, into a
 * tile of C that begins with the bias.
 *
 * <p>C2 would hoist all broadcasts of A to the top of the loop body; then more values are alive than there are registers,
 * and spilled accumulators halve the speed. A fence between rows emits no instruction on x86 and stops the hoisting. Six
 * rows and two vectors are twelve accumulators: with two of B and one of A they fill sixteen registers.
 */
final class MicroKernel {
    /** The most rows of a tile. */
    static final int ROWS = 6;

    private MicroKernel() {}

    /** Rows of the tile that begins {@code left} rows before the end: 6, 4, 2 or 1. */
    static int tileRows(int left) {
        return left >= ROWS ? ROWS : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    }

    /**
     * {@code c[i][j] = bias[j] + sum_k a[k][i] b[k][j]} for a tile of rows x WIDTH.
     *
     * @param rows 6, 4, 2 or 1
     * @param ldc floats between rows of c
     */
    static void run(
            int rows,
            float[] a,
            int ao,
            float[] b,
            int bo,
            int k,
            float[] bias,
            int biasAt,
            float[] c,
            int co,
            int ldc) {
        switch (rows) {
            case 6 -> rows6(a, ao, b, bo, k, bias, biasAt, c, co, ldc);
            case 4 -> rows4(a, ao, b, bo, k, bias, biasAt, c, co, ldc);
            case 2 -> rows2(a, ao, b, bo, k, bias, biasAt, c, co, ldc);
            default -> rows1(a, ao, b, bo, k, bias, biasAt, c, co, ldc);
        }
    }

    /** Packs rows of A, {@code stride} apart, as tiles of {@link #tileRows} rows one after the other. */
    static void packRows(float[] from, int offset, int stride, int rows, int k, float[] to, int at) {
        int out = at;
        int row = 0;
        while (row < rows) {
            int tile = tileRows(rows - row);
            if (tile == ROWS) {
                packSix(from, offset + row * stride, stride, k, to, out);
            } else {
                for (int i = 0; i < tile; i++) {
                    int source = offset + (row + i) * stride;
                    for (int j = 0; j < k; j++) {
                        to[out + j * tile + i] = from[source + j];
                    }
                }
            }
            out += tile * k;
            row += tile;
        }
    }

    private static void packSix(float[] from, int offset, int stride, int k, float[] to, int at) {
        int r1 = offset + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        int r4 = r3 + stride;
        int r5 = r4 + stride;
        for (int j = 0; j < k; j++) {
            int out = at + j * ROWS;
            to[out] = from[offset + j];
            to[out + 1] = from[r1 + j];
            to[out + 2] = from[r2 + j];
            to[out + 3] = from[r3 + j];
            to[out + 4] = from[r4 + j];
            to[out + 5] = from[r5 + j];
        }
    }

    /** 6 rows. */
    private static void rows6(
            float[] a, int ao, float[] b, int bo, int k, float[] bias, int biasAt, float[] c, int co, int ldc) {
        FloatVector low = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector high = FloatVector.fromArray(SPECIES, bias, biasAt + COUNT);
        FloatVector c00 = low;
        FloatVector c01 = high;
        FloatVector c10 = low;
        FloatVector c11 = high;
        FloatVector c20 = low;
        FloatVector c21 = high;
        FloatVector c30 = low;
        FloatVector c31 = high;
        FloatVector c40 = low;
        FloatVector c41 = high;
        FloatVector c50 = low;
        FloatVector c51 = high;
        int at = ao;
        int panel = bo;
        for (int i = 0; i < k; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, panel);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, panel + COUNT);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[at]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            VarHandle.acquireFence();
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[at + 1]);
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            VarHandle.acquireFence();
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[at + 2]);
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            VarHandle.acquireFence();
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[at + 3]);
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            VarHandle.acquireFence();
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[at + 4]);
            c40 = a4.fma(b0, c40);
            c41 = a4.fma(b1, c41);
            VarHandle.acquireFence();
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[at + 5]);
            c50 = a5.fma(b0, c50);
            c51 = a5.fma(b1, c51);
            at += 6;
            panel += WIDTH;
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + COUNT);
        c10.intoArray(c, co + ldc);
        c11.intoArray(c, co + ldc + COUNT);
        c20.intoArray(c, co + 2 * ldc);
        c21.intoArray(c, co + 2 * ldc + COUNT);
        c30.intoArray(c, co + 3 * ldc);
        c31.intoArray(c, co + 3 * ldc + COUNT);
        c40.intoArray(c, co + 4 * ldc);
        c41.intoArray(c, co + 4 * ldc + COUNT);
        c50.intoArray(c, co + 5 * ldc);
        c51.intoArray(c, co + 5 * ldc + COUNT);
    }

    /** 4 rows. */
    private static void rows4(
            float[] a, int ao, float[] b, int bo, int k, float[] bias, int biasAt, float[] c, int co, int ldc) {
        FloatVector low = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector high = FloatVector.fromArray(SPECIES, bias, biasAt + COUNT);
        FloatVector c00 = low;
        FloatVector c01 = high;
        FloatVector c10 = low;
        FloatVector c11 = high;
        FloatVector c20 = low;
        FloatVector c21 = high;
        FloatVector c30 = low;
        FloatVector c31 = high;
        int at = ao;
        int panel = bo;
        for (int i = 0; i < k; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, panel);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, panel + COUNT);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[at]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            VarHandle.acquireFence();
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[at + 1]);
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            VarHandle.acquireFence();
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[at + 2]);
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            VarHandle.acquireFence();
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[at + 3]);
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            at += 4;
            panel += WIDTH;
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + COUNT);
        c10.intoArray(c, co + ldc);
        c11.intoArray(c, co + ldc + COUNT);
        c20.intoArray(c, co + 2 * ldc);
        c21.intoArray(c, co + 2 * ldc + COUNT);
        c30.intoArray(c, co + 3 * ldc);
        c31.intoArray(c, co + 3 * ldc + COUNT);
    }

    /** 2 rows. */
    private static void rows2(
            float[] a, int ao, float[] b, int bo, int k, float[] bias, int biasAt, float[] c, int co, int ldc) {
        FloatVector low = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector high = FloatVector.fromArray(SPECIES, bias, biasAt + COUNT);
        FloatVector c00 = low;
        FloatVector c01 = high;
        FloatVector c10 = low;
        FloatVector c11 = high;
        int at = ao;
        int panel = bo;
        for (int i = 0; i < k; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, panel);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, panel + COUNT);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[at]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            VarHandle.acquireFence();
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[at + 1]);
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            at += 2;
            panel += WIDTH;
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + COUNT);
        c10.intoArray(c, co + ldc);
        c11.intoArray(c, co + ldc + COUNT);
    }

    /** 1 row. */
    private static void rows1(
            float[] a, int ao, float[] b, int bo, int k, float[] bias, int biasAt, float[] c, int co, int ldc) {
        FloatVector low = FloatVector.fromArray(SPECIES, bias, biasAt);
        FloatVector high = FloatVector.fromArray(SPECIES, bias, biasAt + COUNT);
        FloatVector c00 = low;
        FloatVector c01 = high;
        int at = ao;
        int panel = bo;
        for (int i = 0; i < k; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, panel);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, panel + COUNT);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[at]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            at += 1;
            panel += WIDTH;
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + COUNT);
    }
}
