package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.amx.TileProduct;
import detangle.ir.Activation;
import java.lang.foreign.Arena;
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

    /** Steps of a panel that stay in the first cache while several blocks of rows meet them: 24 KiB. */
    private static final int PART_STEPS = 12;

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
    private MemorySegment packed = MemorySegment.NULL;
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
        long bytes = TileLeft.bytes(m, k);
        if (packed.byteSize() < bytes) {
            packed = Arena.ofAuto().allocate(bytes, MatrixUnit.TILE_ROW);
        }
        WorkerPool.SHARED.run(MatrixUnit.tiles(m), pack);
        panels = targets.stream().mapToInt(t -> t.b.panels()).sum();
        panelsPerTask = Math.ceilDiv(panels, TASKS_PER_THREAD * WorkerPool.SHARED.threads());
        WorkerPool.SHARED.run(Math.ceilDiv(panels, panelsPerTask), multiply);
        targets.clear();
    }

    private int steps() {
        return TileColumns.steps(k);
    }

    private long blockBytes() {
        return TileLeft.blockBytes(k);
    }

    /** Packs 16 rows. */
    private void pack(int tile) {
        TileLeft.packTile(unit.get(), a, ao, lda, m, k, packed, tile);
    }

    /** Some panels by all rows, a group at a time. */
    private void multiply(int task) {
        int from = task * panelsPerTask;
        int to = Math.min(panels, from + panelsPerTask);
        int group = (int) Math.max(1, GROUP_BYTES / blockBytes()) * BLOCK_ROWS;
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
        int whole = rows / BLOCK_ROWS;
        if (whole > 0) {
            blocks(target, p, row, whole, BLOCK_ROWS);
        }
        if (rows % BLOCK_ROWS > 0) {
            blocks(target, p, row + whole * BLOCK_ROWS, 1, rows % BLOCK_ROWS);
        }
        int out = target.co + row * target.ldc + p * MatrixUnit.PANEL_COLUMNS;
        int columns = target.b.columns(p);
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

    private void blocks(Target target, int p, int row, int blocks, int blockRows) {
        int steps = steps();
        int part = blocks == 1 ? steps : PART_STEPS;
        int column = p * MatrixUnit.PANEL_COLUMNS;
        int columns = target.b.columns(p);
        long apart = (long) target.ldc * Float.BYTES;
        MemorySegment result =
                MemorySegment.ofArray(target.c).asSlice((target.co + (long) row * target.ldc + column) * Float.BYTES);
        MemorySegment bias = MemorySegment.ofArray(target.bias).asSlice((long) column * Float.BYTES);
        long stepBytes = (long) MatrixUnit.tiles(blockRows) * MatrixUnit.TILE;
        MemorySegment left = packed.asSlice(row / BLOCK_ROWS * blockBytes());
        for (int step = 0; step < steps; step += part) {
            boolean first = step == 0;
            unit.get()
                    .run(new TileProduct(
                            left.asSlice(step * stepBytes),
                            blockBytes(),
                            target.b.panel(p, step),
                            first ? bias : result,
                            first ? 0 : apart,
                            result,
                            apart,
                            Math.min(part, steps - step),
                            blocks,
                            blockRows,
                            columns));
        }
    }
}
