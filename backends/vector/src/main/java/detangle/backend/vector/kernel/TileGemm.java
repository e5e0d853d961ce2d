package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.MatrixUnit;
import detangle.ir.Activation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Products {@code C = activation(A B + bias)} in bfloat16 with sums of floats, of one A with one or more
 * {@link TileMatrix} B, which have elements. Rows of A are rounded and packed once for all; then threads share the
 * panels.
 */
final class TileGemm {
    /** Packed rows that panels meet at a time: half the second-level cache. */
    private static final int GROUP_BYTES = Processor.secondLevelCache() / 2;

    private static final int TASKS_PER_THREAD = 4;
    private static final int BLOCK_ROWS = MatrixUnit.BLOCK_ROWS;

    private record Target(
            TileMatrix b,
            float[] bias,
            Activation activation,
            Optional<Elements> residual,
            float[] c,
            int co,
            int ldc) {}

    private final Supplier<MatrixUnit> unit;
    private final WorkerPool.Task pack = this::pack;
    private final WorkerPool.Task multiply = this::multiply;
    private final List<Target> targets = new ArrayList<>();

    private float[] a;
    private int ao;
    private int lda;
    private int m;
    private int k;
    private final TileRoom room = new TileRoom();
    private MemorySegment packed;
    private int panels;
    private int panelsPerTask;

    TileGemm(Supplier<MatrixUnit> unit) {
        this.unit = unit;
    }

    /**
     * Adds a product to the next run; arguments are those of {@link Gemm#product}.
     *
     * @param residual rows like those of c, one after the other, that are added to what is written to c
     */
    void product(
            TileMatrix b,
            float[] bias,
            Activation activation,
            Optional<Elements> residual,
            float[] c,
            int co,
            int ldc) {
        targets.add(new Target(b, bias, activation, residual, c, co, ldc));
    }

    /** Computes the products that have been added, if there are any; arguments are those of {@link Gemm#left}. */
    void run(float[] data, int from, int stride, int rows, int depth) {
        if (targets.isEmpty()) {
            return;
        }
        a = data;
        ao = from;
        lda = stride;
        m = rows;
        k = depth;
        packed = room.atLeast(TileLeft.bytes(m, k));
        WorkerPool.SHARED.run(MatrixUnit.tiles(m), pack);
        panels = targets.stream().mapToInt(t -> t.b.panels()).sum();
        panelsPerTask = Math.ceilDiv(panels, TASKS_PER_THREAD * WorkerPool.SHARED.threads());
        WorkerPool.SHARED.run(Math.ceilDiv(panels, panelsPerTask), multiply);
        targets.clear();
    }

    /** Packs 16 rows. */
    private void pack(int tile) {
        TileLeft.packTile(unit.get(), a, ao, lda, m, k, packed, tile);
    }

    /** Some panels by all rows, a group at a time. */
    private void multiply(int task) {
        int from = task * panelsPerTask;
        int to = Math.min(panels, from + panelsPerTask);
        int group = (int) Math.max(1, GROUP_BYTES / TileLeft.blockBytes(k)) * BLOCK_ROWS;
        for (int row = 0; row < m; row += group) {
            int before = 0;
            for (Target target : targets) {
                int last = Math.min(to, before + target.b.panels()) - before;
                for (int p = Math.max(from - before, 0); p < last; p++) {
                    panel(target, p, row, Math.min(m, row + group) - row);
                }
                before += target.b.panels();
            }
        }
    }

    /** Some rows, which begin with a block, by one panel. */
    private void panel(Target target, int p, int row, int rows) {
        int out = target.co + row * target.ldc + p * MatrixUnit.PANEL_COLUMNS;
        int columns = target.b.columns(p);
        TileLeft.multiply(
                unit.get(),
                packed,
                row / BLOCK_ROWS,
                rows,
                k,
                target.b.panel(p),
                columns,
                target.bias,
                p * MatrixUnit.PANEL_COLUMNS,
                0,
                target.c,
                out,
                target.ldc);
        Activations.apply(target.activation, target.c, out, target.ldc, rows, columns);
        if (target.residual.isPresent()) {
            Elements residual = target.residual.get();
            int n = target.b.n();
            int from = residual.offset() + row * n + p * MatrixUnit.PANEL_COLUMNS;
            for (int i = 0; i < rows; i++) {
                int at = out + i * target.ldc;
                VectorLayerNorm.add(target.c, at, residual.array(), from + i * n, target.c, at, columns);
            }
        }
    }
}
