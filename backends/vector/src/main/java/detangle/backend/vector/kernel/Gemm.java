package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.amx.MatrixUnits;
import detangle.ir.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Products {@code C = activation(A B + bias)} of one A with one or more B packed ahead, over the worker pool. Rows of A
 * are packed once for all; then threads share the panels, so that each weight is read by one of them alone.
 */
public final class Gemm {
    /** Packed rows that meet a panel stay below this many floats: two fifths of the second-level cache. */
    private static final int GROUP_FLOATS = Processor.secondLevelCache() / Float.BYTES * 2 / 5;

    private static final int TASKS_PER_THREAD = 4;

    /**
     * The most multiplications of a task with more than one panel, some 40 microseconds: at the end of a section,
     * threads wait for tasks that others are in.
     */
    private static final long TASK_MULTIPLICATIONS = 2_500_000;

    /** Weights that stay in the third-level cache while all groups of rows meet them, in floats: 8 MiB. */
    private static final int ROUND_FLOATS = 1 << 21;

    private static final int SCRATCH_ROWS = 0;
    private static final int SCRATCH_TILE = 1;
    private static final int SCRATCH_PANEL = 2;

    /** The right side and the result of one product. */
    private static final class Target {
        private Panels b;
        private float[] bias;
        private Activation activation;
        private float[] c;
        private int co;
        private int ldc;
    }

    /** The kernel whatever the number of rows is; null to choose by it. */
    private final MicroKernel given;

    /** Computes the products with matrices in bfloat16. */
    private final TileGemm tiles;

    private final WorkerPool.Task pack = this::pack;
    private final WorkerPool.Task multiply = this::multiply;

    /** Kept from run to run; the first {@link #count} are the next run's. */
    private final List<Target> targets = new ArrayList<>();

    private int count;
    private MicroKernel kernel;
    private float[] a;
    private int ao;
    private int lda;
    private int m;
    private int k;

    /** Rows are packed in blocks, each a sequence of tiles. */
    private int blockRows;

    private int blocks;

    /** Groups of blocks, whose packed rows meet a panel together. */
    private int groups;

    private int groupBlocks;
    private float[] packed;
    private int panels;
    private int panelsPerTask;

    /** Panels that all groups meet before the next ones, so that weights come from memory once for all groups. */
    private int panelsPerRound;

    private int tasksPerGroup;

    /** Products whose sides and results are told before each run. */
    public Gemm() {
        this(null, MatrixUnits::unit);
    }

    /** Products by one kernel. */
    Gemm(MicroKernel kernel) {
        this(kernel, MatrixUnits::unit);
    }

    /** Products whose matrices in bfloat16 are multiplied by a unit, which is asked for when there is one. */
    Gemm(Supplier<MatrixUnit> unit) {
        this(null, unit);
    }

    private Gemm(MicroKernel kernel, Supplier<MatrixUnit> unit) {
        given = kernel;
        tiles = new TileGemm(unit);
    }

    /**
     * Begins: the left side of the next run, without products yet.
     *
     * @param data {@code [rows,depth]} from {@code from}, rows {@code stride} apart; there is at least one row
     */
    public void left(float[] data, int from, int stride, int rows, int depth) {
        a = data;
        ao = from;
        lda = stride;
        m = rows;
        k = depth;
        count = 0;
        kernel = given == null ? MicroKernel.ofLinear(rows) : given;
        int largest = Math.max(kernel.rows(), GROUP_FLOATS / Math.max(1, k));
        int even = Math.ceilDiv(m, largest);
        // Several to a group, as threads share the packing too.
        groupBlocks = Math.max(1, Math.min(WorkerPool.SHARED.threads(), m / even / kernel.rows()));
        blockRows = Lanes.roundUp(Math.ceilDiv(m, even * groupBlocks), 2);
        blocks = Math.ceilDiv(m, blockRows);
        groups = Math.ceilDiv(blocks, groupBlocks);
    }

    /**
     * Adds a product to the next run.
     *
     * @param bias at least {@code panels * WIDTH} floats
     * @param c {@code [rows,N]} from {@code co}, rows {@code ldc} apart
     */
    public void product(Panels b, float[] bias, Activation activation, float[] c, int co, int ldc) {
        if (b instanceof TileMatrix matrix) {
            tiles.product(matrix, bias, activation, Optional.empty(), c, co, ldc);
            return;
        }
        if (count == targets.size()) {
            targets.add(new Target());
        }
        Target target = targets.get(count++);
        target.b = b;
        target.bias = bias;
        target.activation = activation;
        target.c = c;
        target.co = co;
        target.ldc = ldc;
    }

    /**
     * Adds a product in bfloat16 to the next run, {@code C = activation(A B + bias) + residual}.
     *
     * @param residual {@code [rows,N]}, one row after the other
     */
    public void product(
            TileMatrix b, float[] bias, Activation activation, Elements residual, float[] c, int co, int ldc) {
        tiles.product(b, bias, activation, Optional.of(residual), c, co, ldc);
    }

    /** Computes the products that have been added. One run at a time. */
    public void run() {
        tiles.run(a, ao, lda, m, k);
        if (count == 0) {
            return;
        }
        int threads = WorkerPool.SHARED.threads();
        packed = Scratch.get().floats(SCRATCH_ROWS, m * k);
        WorkerPool.SHARED.run(blocks, pack);
        panels = 0;
        for (int i = 0; i < count; i++) {
            panels += targets.get(i).b.panels();
        }
        int even = Math.ceilDiv(panels, TASKS_PER_THREAD * threads);
        panelsPerTask = panelsOfTask(Math.min(m, groupBlocks * blockRows), k, even);
        int most = Math.max(panelsPerTask, panels);
        panelsPerRound = Math.clamp(ROUND_FLOATS / (Math.max(1, k) * WIDTH), panelsPerTask, most);
        tasksPerGroup = Math.ceilDiv(panelsPerRound, panelsPerTask);
        WorkerPool.SHARED.run(Math.ceilDiv(panels, panelsPerRound) * groups * tasksPerGroup, multiply);
    }

    /** Returns how many panels a task multiplies by some rows; at least one, and {@code most} at most. */
    static int panelsOfTask(int rows, int depth, int most) {
        long ofOne = Math.max(1, (long) rows * depth * WIDTH);
        return Math.clamp(TASK_MULTIPLICATIONS / ofOne, 1, Math.max(1, most));
    }

    private int rows(int block) {
        return Math.min(blockRows, m - block * blockRows);
    }

    private void pack(int block) {
        int first = block * blockRows;
        kernel.packRows(a, ao + first * lda, lda, rows(block), k, packed, first * k);
    }

    /**
     * Some panels by a group of blocks; the next task has the next panels and the same group, whose packed rows stay in
     * the second-level cache. The last round has fewer panels, and tasks without any.
     */
    private void multiply(int task) {
        int first = task / tasksPerGroup / groups * panelsPerRound;
        int from = first + task % tasksPerGroup * panelsPerTask;
        int to = Math.min(Math.min(panels, first + panelsPerRound), from + panelsPerTask);
        int group = task / tasksPerGroup % groups * groupBlocks;
        int end = Math.min(blocks, group + groupBlocks);
        int before = 0;
        for (int i = 0; i < count; i++) {
            Target target = targets.get(i);
            int own = target.b.panels();
            int last = Math.min(to, before + own) - before;
            for (int p = Math.max(from - before, 0); p < last; p++) {
                panel(target, p, group, end);
            }
            before += own;
        }
    }

    /** Blocks {@code [group, end)} by one panel. */
    private void panel(Target target, int p, int group, int end) {
        Panels b = target.b;
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
            case StoredMatrix stored -> {
                data = Scratch.get().floats(SCRATCH_PANEL, k * WIDTH);
                at = 0;
                stored.pack(p, data);
            }
            case TileMatrix tiled -> throw new IllegalStateException("a matrix in bfloat16 is multiplied by tiles");
        }
        for (int block = group; block < end; block++) {
            int row = block * blockRows;
            int out = target.co + row * target.ldc + p * WIDTH;
            float[] bias = target.bias;
            multiply(
                    kernel,
                    packed,
                    row * k,
                    rows(block),
                    k,
                    data,
                    at,
                    columns,
                    bias,
                    p * WIDTH,
                    0,
                    target.c,
                    out,
                    target.ldc);
        }
        int row = group * blockRows;
        int out = target.co + row * target.ldc + p * WIDTH;
        int rows = Math.min(m, end * blockRows) - row;
        Activations.apply(target.activation, target.c, out, target.ldc, rows, columns);
    }

    /** Rows packed by {@link MicroKernel#ORDINARY} by one panel, of which the first {@code columns} are stored. */
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
        multiply(MicroKernel.ORDINARY, packed, at, m, k, b, panel, columns, bias, biasAt, 0, c, co, ldc);
    }

    /** Computes the same product as {@link #multiply} and adds it to c. */
    static void add(
            float[] packed, int at, int m, int k, float[] b, int panel, int columns, float[] c, int co, int ldc) {
        multiply(MicroKernel.ORDINARY, packed, at, m, k, b, panel, columns, c, co, ldc, c, co, ldc);
    }

    private static void multiply(
            MicroKernel kernel,
            float[] packed,
            int at,
            int m,
            int k,
            float[] b,
            int panel,
            int columns,
            float[] first,
            int firstAt,
            int firstStride,
            float[] c,
            int co,
            int ldc) {
        int tile = at;
        int row = 0;
        while (row < m) {
            int rows = kernel.shape().next(m - row);
            int begin = firstAt + row * firstStride;
            int out = co + row * ldc;
            if (columns < WIDTH) {
                narrow(kernel, rows, packed, tile, b, panel, k, columns, first, begin, firstStride, c, out, ldc);
            } else {
                kernel.run(rows, packed, tile, b, panel, k, first, begin, firstStride, c, out, ldc);
            }
            tile += rows * k;
            row += rows;
        }
    }

    /** A tile whose panel is wider than the result. */
    private static void narrow(
            MicroKernel kernel,
            int rows,
            float[] packed,
            int ao,
            float[] b,
            int bo,
            int k,
            int columns,
            float[] first,
            int firstAt,
            int firstStride,
            float[] c,
            int co,
            int ldc) {
        float[] tile = Scratch.get().floats(SCRATCH_TILE, kernel.rows() * WIDTH);
        if (firstStride == 0) {
            kernel.run(rows, packed, ao, b, bo, k, first, firstAt, 0, tile, 0, WIDTH);
        } else {
            for (int i = 0; i < rows; i++) {
                System.arraycopy(first, firstAt + i * firstStride, tile, i * WIDTH, columns);
            }
            kernel.run(rows, packed, ao, b, bo, k, tile, 0, WIDTH, tile, 0, WIDTH);
        }
        for (int i = 0; i < rows; i++) {
            System.arraycopy(tile, i * WIDTH, c, co + i * ldc, columns);
        }
    }
}
