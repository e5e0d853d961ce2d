package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.ir.Activation;

/** {@code C = activation(A B + bias)} with B packed ahead, over the worker pool. */
public final class Gemm {
    /** Packed rows of A stay below this many floats, so that they remain in the second-level cache. */
    private static final int BLOCK_FLOATS = 96 * 1024;

    private static final int MAX_BLOCK_ROWS = 120;

    /** From so many rows on, threads share the rows; below, the panels. */
    private static final int MIN_ROWS_TO_SPLIT = 48;

    private static final int SCRATCH_ROWS = 0;
    private static final int SCRATCH_TILE = 1;

    private Gemm() {}

    /**
     * @param a {@code [M,K]} from {@code ao}, rows {@code lda} apart
     * @param bias at least {@code panels * WIDTH} floats
     * @param c {@code [M,N]} from {@code co}, rows {@code ldc} apart
     */
    public static void run(
            float[] a,
            int ao,
            int lda,
            int m,
            PackedMatrix b,
            float[] bias,
            Activation activation,
            float[] c,
            int co,
            int ldc) {
        if (m >= MIN_ROWS_TO_SPLIT) {
            int largest = Math.clamp(
                    BLOCK_FLOATS / Math.max(1, b.k()) / MicroKernel.ROWS * MicroKernel.ROWS,
                    MicroKernel.ROWS,
                    MAX_BLOCK_ROWS);
            int blocks = Lanes.roundUp(Math.ceilDiv(m, largest), WorkerPool.SHARED.threads());
            int rows = Lanes.roundUp(Math.ceilDiv(m, blocks), MicroKernel.ROWS);
            WorkerPool.SHARED.run(Math.ceilDiv(m, rows), block -> {
                int first = block * rows;
                int count = Math.min(rows, m - first);
                float[] packed = Scratch.get().floats(SCRATCH_ROWS, count * b.k());
                MicroKernel.packRows(a, ao + first * lda, lda, count, b.k(), packed, 0);
                panels(packed, count, b, 0, b.panels(), bias, activation, c, co + first * ldc, ldc);
            });
        } else if (m > 0) {
            float[] packed = Scratch.get().floats(SCRATCH_ROWS, m * b.k());
            MicroKernel.packRows(a, ao, lda, m, b.k(), packed, 0);
            int chunk = Math.max(1, Math.ceilDiv(b.panels(), 4 * WorkerPool.SHARED.threads()));
            WorkerPool.SHARED.run(Math.ceilDiv(b.panels(), chunk), i -> {
                int last = Math.min(b.panels(), (i + 1) * chunk);
                panels(packed, m, b, i * chunk, last, bias, activation, c, co, ldc);
            });
        }
    }

    private static void panels(
            float[] packed,
            int m,
            PackedMatrix b,
            int from,
            int to,
            float[] bias,
            Activation activation,
            float[] c,
            int co,
            int ldc) {
        for (int p = from; p < to; p++) {
            int columns = Math.min(WIDTH, b.n() - p * WIDTH);
            int panel = b.offset() + p * b.k() * WIDTH;
            multiply(packed, m, b.k(), b.data(), panel, columns, bias, p * WIDTH, c, co + p * WIDTH, ldc);
            Activations.apply(activation, c, co + p * WIDTH, ldc, m, columns);
        }
    }

    /** Packed rows by one panel, of which the first {@code columns} are stored. */
    static void multiply(
            float[] packed,
            int m,
            int k,
            float[] b,
            int panel,
            int columns,
            float[] bias,
            int biasAt,
            float[] c,
            int co,
            int ldc) {
        int at = 0;
        int row = 0;
        while (row < m) {
            int rows = MicroKernel.tileRows(m - row);
            int out = co + row * ldc;
            if (columns == WIDTH) {
                MicroKernel.run(rows, packed, at, b, panel, k, bias, biasAt, c, out, ldc);
            } else {
                float[] tile = Scratch.get().floats(SCRATCH_TILE, MicroKernel.ROWS * WIDTH);
                MicroKernel.run(rows, packed, at, b, panel, k, bias, biasAt, tile, 0, WIDTH);
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(tile, i * WIDTH, c, out + i * ldc, columns);
                }
            }
            at += rows * k;
            row += rows;
        }
    }
}
