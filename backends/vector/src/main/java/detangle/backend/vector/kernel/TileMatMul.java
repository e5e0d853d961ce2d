package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.kernel.MatMul.Matrices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * Products {@code C[p] = A[p] B[p]} in bfloat16 with sums of floats, of sides that are packed during the product, part
 * by part, so that packed parts take a bounded memory. Each element is one sum in the order of the depth, whatever the
 * threads are, so that it has the same bits with any number of threads. Sizes are at least one.
 */
public final class TileMatMul {
    /** The most rows, columns and elements of the depth that are packed at once: 32 MiB a side. */
    private static final int MAX_SIDE = 4096;

    private static final int TASKS_PER_THREAD = 4;
    private static final int BLOCK_ROWS = MatrixUnit.BLOCK_ROWS;
    private static final int COLUMNS = MatrixUnit.PANEL_COLUMNS;
    private static final float[] ZEROS = new float[COLUMNS];

    private final Supplier<MatrixUnit> unit;
    private final WorkerPool.Task pack = this::pack;
    private final WorkerPool.Task multiply = this::multiply;

    private MemorySegment packedRows = MemorySegment.NULL;
    private MemorySegment packedColumns = MemorySegment.NULL;
    private Matrices a;
    private Matrices b;
    private int m;
    private int k;
    private int n;
    private float[] c;
    private int co;

    // The part that is computed.
    private int product;
    private int firstRow;
    private int rows;
    private int firstColumn;
    private int columns;
    private int from;
    private int depth;
    private int blocksPerTask;

    /** @param unit is asked for when there is a product */
    public TileMatMul(Supplier<MatrixUnit> unit) {
        this.unit = unit;
    }

    /**
     * Sets the products of the next run; arguments are those of {@link MatMul}.
     */
    public void operands(Matrices left, Matrices right, int height, int common, int width, float[] to, int at) {
        a = left;
        b = right;
        m = height;
        k = common;
        n = width;
        c = to;
        co = at;
    }

    /** Computes the products {@code 0 .. batch - 1}. One thread uses an object at a time. */
    public void run(int batch) {
        for (product = 0; product < batch; product++) {
            for (firstColumn = 0; firstColumn < n; firstColumn += MAX_SIDE) {
                columns = Math.min(MAX_SIDE, n - firstColumn);
                for (from = 0; from < k; from += MAX_SIDE) {
                    depth = Math.min(MAX_SIDE, k - from);
                    for (firstRow = 0; firstRow < m; firstRow += MAX_SIDE) {
                        rows = Math.min(MAX_SIDE, m - firstRow);
                        part();
                    }
                }
            }
        }
    }

    private void part() {
        packedRows = room(packedRows, TileLeft.bytes(rows, depth));
        packedColumns = room(packedColumns, TileColumns.panels(columns) * TileColumns.panelBytes(depth));
        WorkerPool.SHARED.run(MatrixUnit.tiles(rows) + TileColumns.panels(columns), pack);
        int blocks = Math.ceilDiv(rows, BLOCK_ROWS);
        int tasks = TASKS_PER_THREAD * WorkerPool.SHARED.threads();
        blocksPerTask = Math.ceilDiv(blocks, Math.ceilDiv(tasks, TileColumns.panels(columns)));
        WorkerPool.SHARED.run(TileColumns.panels(columns) * Math.ceilDiv(blocks, blocksPerTask), multiply);
    }

    private static MemorySegment room(MemorySegment there, long bytes) {
        return there.byteSize() < bytes ? Arena.ofAuto().allocate(bytes, MatrixUnit.TILE_ROW) : there;
    }

    private void pack(int task) {
        if (task < MatrixUnit.tiles(rows)) {
            packRows(task);
        } else {
            packColumns(task - MatrixUnit.tiles(rows));
        }
    }

    private void packRows(int tile) {
        int matrix = a.offset() + a.numbers().at(product) * m * k;
        if (a.transposed()) {
            TileLeft.packColumns(a.array(), matrix + from * m + firstRow, m, rows, depth, packedRows, tile);
        } else {
            int at = matrix + firstRow * k + from;
            TileLeft.packTile(unit.get(), a.array(), at, k, rows, depth, packedRows, tile);
        }
    }

    private void packColumns(int number) {
        int matrix = b.offset() + b.numbers().at(product) * k * n;
        int column = firstColumn + number * COLUMNS;
        int width = TileColumns.columns(number, columns);
        if (b.transposed()) {
            TileColumns.ofRows(b.array(), matrix + column * k + from, k, width, depth, panel(number));
        } else {
            TileColumns.ofColumns(b.array(), matrix + from * n + column, n, depth, width, panel(number));
        }
    }

    private MemorySegment panel(int number) {
        long bytes = TileColumns.panelBytes(depth);
        return packedColumns.asSlice(number * bytes, bytes);
    }

    /** Some blocks of rows by one panel. */
    private void multiply(int task) {
        int number = task % TileColumns.panels(columns);
        int block = task / TileColumns.panels(columns) * blocksPerTask;
        int row = block * BLOCK_ROWS;
        int count = Math.min(blocksPerTask * BLOCK_ROWS, rows - row);
        int at = co + product * m * n + (firstRow + row) * n + firstColumn + number * COLUMNS;
        boolean isFirst = from == 0;
        TileLeft.multiply(
                unit.get(),
                packedRows,
                block,
                count,
                depth,
                panel(number),
                TileColumns.columns(number, columns),
                isFirst ? ZEROS : c,
                isFirst ? 0 : at,
                isFirst ? 0 : n,
                c,
                at,
                n);
    }
}
