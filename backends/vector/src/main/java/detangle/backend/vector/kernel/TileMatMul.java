package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.kernel.MatMul.Matrices;
import detangle.backend.vector.kernel.MatMul.Right;
import detangle.backend.vector.kernel.MatMul.Transpose;
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

    // Native memory of Scratch, behind that of TileScores.
    private static final int PACKED_ROWS = 3;
    private static final int PACKED_COLUMNS = 4;

    private final Supplier<MatrixUnit> unit;
    private final Matrices a;
    private final Right b;
    private final int m;
    private final int k;
    private final int n;
    private final float[] c;
    private final int co;

    /**
     * Makes products; arguments are those of {@link MatMul}.
     *
     * @param unit is asked for when there is a product
     * @param b a matrix that stands packed is a {@link TileMatrix}
     */
    public TileMatMul(Supplier<MatrixUnit> unit, Matrices a, Right b, int m, int k, int n, float[] c, int co) {
        this.unit = unit;
        this.a = a;
        this.b = b;
        this.m = m;
        this.k = k;
        this.n = n;
        this.c = c;
        this.co = co;
    }

    /** Computes the products {@code 0 .. batch - 1}: threads share the products, or each product if they are few. */
    public void run(int batch) {
        if (batch >= WorkerPool.SHARED.threads()) {
            WorkerPool.SHARED.run(batch, this::product);
        } else {
            for (int p = 0; p < batch; p++) {
                product(p);
            }
        }
    }

    private void product(int p) {
        for (int column = 0; column < n; column += MAX_SIDE) {
            int columns = Math.min(MAX_SIDE, n - column);
            for (int from = 0; from < k; from += MAX_SIDE) {
                int depth = Math.min(MAX_SIDE, k - from);
                for (int row = 0; row < m; row += MAX_SIDE) {
                    new Part(p, row, Math.min(MAX_SIDE, m - row), column, columns, from, depth).add();
                }
            }
        }
    }

    /** Some rows of a product by some of its columns, over a part of the depth. */
    private final class Part {
        private final int p;
        private final int firstRow;
        private final int rows;
        private final int firstColumn;
        private final int columns;
        private final int from;
        private final int depth;
        private final int panels;
        private final int blocksPerTask;
        private final MemorySegment packedRows;
        private final MemorySegment packedColumns;

        Part(int p, int firstRow, int rows, int firstColumn, int columns, int from, int depth) {
            this.p = p;
            this.firstRow = firstRow;
            this.rows = rows;
            this.firstColumn = firstColumn;
            this.columns = columns;
            this.from = from;
            this.depth = depth;
            panels = TileColumns.panels(columns);
            int tasks = Math.ceilDiv(TASKS_PER_THREAD * WorkerPool.SHARED.threads(), panels);
            blocksPerTask = Math.ceilDiv(Math.ceilDiv(rows, BLOCK_ROWS), tasks);
            packedRows = Scratch.get().tiles(PACKED_ROWS, TileLeft.bytes(rows, depth));
            packedColumns = Scratch.get().tiles(PACKED_COLUMNS, panels * TileColumns.panelBytes(depth));
        }

        /** Adds the products of this part of the depth to the result; the first ones replace what was there. */
        void add() {
            WorkerPool.SHARED.run(MatrixUnit.tiles(rows) + panels, this::pack);
            int tasks = Math.ceilDiv(Math.ceilDiv(rows, BLOCK_ROWS), blocksPerTask);
            WorkerPool.SHARED.run(panels * tasks, this::multiply);
        }

        private void pack(int task) {
            if (task < MatrixUnit.tiles(rows)) {
                packRows(task);
            } else {
                packColumns(task - MatrixUnit.tiles(rows));
            }
        }

        private void packRows(int tile) {
            int matrix = a.offset() + a.numbers().at(p) * m * k;
            if (a.transposed()) {
                TileLeft.packColumns(a.array(), matrix + from * m + firstRow, m, rows, depth, packedRows, tile);
            } else {
                int at = matrix + firstRow * k + from;
                TileLeft.packTile(unit.get(), a.array(), at, k, rows, depth, packedRows, tile);
            }
        }

        private void packColumns(int number) {
            int column = firstColumn + number * COLUMNS;
            int width = TileColumns.columns(number, columns);
            switch (b) {
                case Matrices(var array, var offset, var numbers, var transposed) -> {
                    int matrix = offset + numbers.at(p) * k * n;
                    if (transposed) {
                        int at = matrix + column * k + from;
                        TileColumns.ofRows(unit.get(), array, at, k, width, depth, panel(number));
                    } else {
                        TileColumns.ofColumns(array, matrix + from * n + column, n, depth, width, panel(number));
                    }
                }
                case Transpose(var stored) ->
                    ((TileMatrix) stored).transpose(from, depth, column, width, panel(number));
            }
        }

        private MemorySegment panel(int number) {
            long bytes = TileColumns.panelBytes(depth);
            return packedColumns.asSlice(number * bytes, bytes);
        }

        /** Some blocks of rows by one panel. */
        private void multiply(int task) {
            int number = task % panels;
            int block = task / panels * blocksPerTask;
            int row = block * BLOCK_ROWS;
            int at = co + p * m * n + (firstRow + row) * n + firstColumn + number * COLUMNS;
            boolean isFirst = from == 0;
            TileLeft.multiply(
                    unit.get(),
                    packedRows,
                    block,
                    Math.min(blocksPerTask * BLOCK_ROWS, rows - row),
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
}
