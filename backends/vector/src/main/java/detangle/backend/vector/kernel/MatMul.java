package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

/** Products of matrices that are both computed: each right operand is packed when its turn comes. */
public final class MatMul {
    private static final int ROWS = 0;
    private static final int COLUMNS = 2;

    private MatMul() {}

    /** How many zeros a product with n columns reads in the place of a bias. */
    public static int zeros(int n) {
        return Lanes.roundUp(n, WIDTH) + WIDTH;
    }

    /**
     * {@code out[p] = a[ia(p)] b[ib(p)]} for each matrix p of the batch, {@code [M,K]} by {@code [K,N]}, or by the
     * transpose of {@code [N,K]}.
     *
     * @param ia and {@code ib}: the number of the matrix on each side
     * @param zeros as many as {@link #zeros} says
     */
    public static void run(
            int batch,
            float[] a,
            int ao,
            Places ia,
            float[] b,
            int bo,
            Places ib,
            boolean transposed,
            int m,
            int k,
            int n,
            float[] out,
            int oo,
            float[] zeros) {
        WorkerPool.SHARED.run(batch, p -> {
            Scratch scratch = Scratch.get();
            float[] columns = scratch.floats(COLUMNS, PackedMatrix.size(k, n));
            int right = bo + ib.at(p) * k * n;
            if (transposed) {
                PackedMatrix.packRows(b, right, k, n, k, columns, 0);
            } else {
                PackedMatrix.packColumns(b, right, n, k, n, columns, 0);
            }
            float[] rows = scratch.floats(ROWS, m * k);
            MicroKernel.packRows(a, ao + ia.at(p) * m * k, k, m, k, rows, 0);
            for (int panel = 0; panel * WIDTH < n; panel++) {
                int width = Math.min(WIDTH, n - panel * WIDTH);
                int to = oo + p * m * n + panel * WIDTH;
                Gemm.multiply(rows, 0, m, k, columns, panel * k * WIDTH, width, zeros, 0, out, to, n);
            }
        });
    }
}
