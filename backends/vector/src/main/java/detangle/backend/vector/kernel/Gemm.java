package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.ir.Activation;
import java.util.List;

/**
 * Products {@code C = activation(A B + bias)} of one A with one or more B packed ahead, over the worker pool. Rows of A are
 * packed once for all; then threads share the panels, so that each weight is read by one of them alone.
 */
public final class Gemm {
    /** Packed rows that meet a panel stay below this many floats: two fifths of the second-level cache. */
    private static final int GROUP_FLOATS = Processor.secondLevelCache() / Float.BYTES * 2 / 5;

    private static final int TASKS_PER_THREAD = 4;

    private static final int SCRATCH_ROWS = 0;
    private static final int SCRATCH_TILE = 1;
    private static final int SCRATCH_PANEL = 2;

    /**
     * One product's right side and result.
     *
     * @param bias at least {@code panels * WIDTH} floats
     * @param c {@code [M,N]} from {@code co}, rows {@code ldc} apart
     */
    public record Target(Panels b, float[] bias, Activation activation, float[] c, int co, int ldc) {}

    private final float[] a;
    private final int ao;
    private final int lda;
    private final int m;
    private final int k;

    /** Rows are packed in blocks, each a sequence of tiles. */
    private final int blockRows;

    private final int blocks;
    private final int groupBlocks;
    private final WorkerPool.Task pack = this::pack;
    private final WorkerPool.Task multiply = this::multiply;

    private List<Target> targets;
    private float[] packed;
    private int panels;
    private int panelsPerTask;

    /** @param a {@code [M,K]} from {@code ao}, rows {@code lda} apart */
    public Gemm(float[] a, int ao, int lda, int m, int k) {
        this.a = a;
        this.ao = ao;
        this.lda = lda;
        this.m = m;
        this.k = k;
        int largest = Math.max(MicroKernel.ROWS, GROUP_FLOATS / Math.max(1, k));
        int groups = Math.ceilDiv(m, largest);
        // Several to a group, as threads share the packing too.
        groupBlocks = Math.max(1, Math.min(WorkerPool.SHARED.threads(), m / groups / MicroKernel.ROWS));
        blockRows = Lanes.roundUp(Math.ceilDiv(m, groups * groupBlocks), 2);
        blocks = Math.ceilDiv(m, blockRows);
    }

    /** One run at a time. */
    public void run(List<Target> products) {
        int threads = WorkerPool.SHARED.threads();
        targets = products;
        packed = Scratch.get().floats(SCRATCH_ROWS, m * k);
        WorkerPool.SHARED.run(blocks, pack);
        panels = 0;
        for (int i = 0; i < products.size(); i++) {
            panels += products.get(i).b().panels();
        }
        panelsPerTask = Math.max(1, Math.ceilDiv(panels, TASKS_PER_THREAD * threads));
        WorkerPool.SHARED.run(Math.ceilDiv(panels, panelsPerTask), multiply);
    }

    private int rows(int block) {
        return Math.min(blockRows, m - block * blockRows);
    }

    private void pack(int block) {
        int first = block * blockRows;
        MicroKernel.packRows(a, ao + first * lda, lda, rows(block), k, packed, first * k);
    }

    private void multiply(int task) {
        int from = task * panelsPerTask;
        int to = Math.min(panels, from + panelsPerTask);
        for (int group = 0; group < blocks; group += groupBlocks) {
            int end = Math.min(blocks, group + groupBlocks);
            int before = 0;
            for (int i = 0; i < targets.size(); i++) {
                Target target = targets.get(i);
                int count = target.b().panels();
                int last = Math.min(to, before + count) - before;
                for (int p = Math.max(from - before, 0); p < last; p++) {
                    panel(target, p, group, end);
                }
                before += count;
            }
        }
    }

    /** Blocks {@code [group, end)} by one panel. */
    private void panel(Target target, int p, int group, int end) {
        Panels b = target.b();
        int columns = Math.min(WIDTH, b.n() - p * WIDTH);
        float[] data;
        int at;
        switch (b) {
            case PackedMatrix wide -> {
                data = wide.data();
                at = wide.offset() + p * k * WIDTH;
            }
            case NarrowMatrix narrow -> {
                data = Scratch.get().floats(SCRATCH_PANEL, k * WIDTH);
                at = 0;
                narrow.unpack(p, data);
            }
        }
        for (int block = group; block < end; block++) {
            int row = block * blockRows;
            int out = target.co() + row * target.ldc() + p * WIDTH;
            float[] bias = target.bias();
            multiply(
                    packed, row * k, rows(block), k, data, at, columns, bias, p * WIDTH, target.c(), out, target.ldc());
        }
        int row = group * blockRows;
        int out = target.co() + row * target.ldc() + p * WIDTH;
        int rows = Math.min(m, end * blockRows) - row;
        Activations.apply(target.activation(), target.c(), out, target.ldc(), rows, columns);
    }

    /** Packed rows by one panel, of which the first {@code columns} are stored. */
    static void multiply(
            float[] packed,
            int at,
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
        int tile = at;
        int row = 0;
        while (row < m) {
            int rows = MicroKernel.tileRows(m - row);
            int out = co + row * ldc;
            if (columns < WIDTH) {
                narrow(rows, packed, tile, b, panel, k, columns, bias, biasAt, c, out, ldc);
            } else {
                MicroKernel.run(rows, packed, tile, b, panel, k, bias, biasAt, c, out, ldc);
            }
            tile += rows * k;
            row += rows;
        }
    }

    /** A tile whose panel is wider than the result. */
    private static void narrow(
            int rows,
            float[] packed,
            int ao,
            float[] b,
            int bo,
            int k,
            int columns,
            float[] bias,
            int biasAt,
            float[] c,
            int co,
            int ldc) {
        float[] tile = Scratch.get().floats(SCRATCH_TILE, MicroKernel.ROWS * WIDTH);
        MicroKernel.run(rows, packed, ao, b, bo, k, bias, biasAt, tile, 0, WIDTH);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(tile, i * WIDTH, c, co + i * ldc, columns);
        }
    }
}
