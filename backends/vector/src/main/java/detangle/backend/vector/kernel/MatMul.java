package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.util.Arrays;

/**
 * Products {@code C[p] = A[p] B[p]} whose sides are packed part by part during the product, so that packed parts take a
 * bounded memory. Each element is one sum in the order of the depth, whatever the parts and the threads are, so that it
 * has the same bits with any number of threads.
 */
public final class MatMul {
    /**
     * The depth of a panel, which then fills two thirds of a first-level cache of 48 KiB and leaves room for a tile of
     * A.
     */
    private static final int DEPTH = 8192 / WIDTH;

    /** The most rows of A or columns of B that are packed at once, each of {@link #DEPTH}. */
    private static final int MAX_SIDE = 4096;

    /** The most floats of packed rows that meet a panel: two fifths of the second-level cache. */
    private static final int BLOCK_FLOATS = Processor.secondLevelCache() / Float.BYTES * 2 / 5;

    private static final int LEAST_TILES = 4;
    private static final int TASKS_PER_THREAD = 4;

    // Arrays of Scratch; the second is Gemm's.
    private static final int ROWS = 0;
    private static final int COLUMNS = 2;
    private static final int PANEL = 3;

    private static final float[] ZEROS = new float[WIDTH];

    /** The right side of products. */
    public sealed interface Right {}

    /**
     * Matrices in row-major order, one after the other.
     *
     * @param numbers the number of the matrix that each product reads
     * @param transposed whether products read the transposes
     */
    public record Matrices(float[] array, int offset, Places numbers, boolean transposed) implements Right {}

    /** A matrix {@code [K,N]} that stands packed for products with its transpose; {@code panels} is {@code [N,K]}. */
    public record Transpose(KeptPanels panels) implements Right {}

    private final Matrices a;
    private final Right b;
    private final int m;
    private final int k;
    private final int n;
    private final float[] c;
    private final int co;

    /**
     * @param m the rows of A, n the columns of B and k the depth of the products
     * @param c the products, one after the other from {@code co} on
     */
    public MatMul(Matrices a, Right b, int m, int k, int n, float[] c, int co) {
        this.a = a;
        this.b = b;
        this.m = m;
        this.k = k;
        this.n = n;
        this.c = c;
        this.co = co;
    }

    /** Computes the products {@code 0 .. batch - 1}. */
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
            for (int row = 0; row < m; row += MAX_SIDE) {
                Part part = new Part(p, row, Math.min(MAX_SIDE, m - row), column, Math.min(MAX_SIDE, n - column));
                // A depth of 0 is a step too, which writes zeros.
                for (int from = 0; from == 0 || from < k; from += DEPTH) {
                    part.add(from, Math.min(DEPTH, k - from));
                }
            }
        }
    }

    /** Some rows of a product by some of its columns. */
    private final class Part {
        private final int p;
        private final int firstRow;
        private final int rows;
        private final int firstColumn;
        private final int columns;
        private final int panels;
        private final int blockRows;
        private final int blocks;
        private final int rangePanels;
        private final int ranges;
        private final float[] packedRows;
        private final float[] packedColumns;

        Part(int p, int firstRow, int rows, int firstColumn, int columns) {
            this.p = p;
            this.firstRow = firstRow;
            this.rows = rows;
            this.firstColumn = firstColumn;
            this.columns = columns;
            int depth = Math.min(k, DEPTH);
            int tasks = TASKS_PER_THREAD * WorkerPool.SHARED.threads();
            int most = BLOCK_FLOATS / Math.max(1, depth);
            int even = Math.max(LEAST_TILES * MicroKernel.ORDINARY.rows(), Math.ceilDiv(rows, tasks));
            blockRows = Lanes.roundUp(Math.clamp(even, 1, Math.max(1, most)), MicroKernel.ORDINARY.rows());
            blocks = Math.ceilDiv(rows, blockRows);
            panels = PackedMatrix.panels(columns);
            int evenPanels = Math.ceilDiv(panels, Math.min(panels, Math.ceilDiv(tasks, blocks)));
            rangePanels = Gemm.panelsOfTask(blockRows, depth, evenPanels);
            ranges = Math.ceilDiv(panels, rangePanels);
            packedRows = Scratch.get().floats(ROWS, rows * depth);
            packedColumns = Scratch.get().floats(COLUMNS, panels * WIDTH * depth);
        }

        /**
         * Adds the products of the elements {@code [from, from + depth)} of the depth; the first replace what was
         * there.
         */
        void add(int from, int depth) {
            WorkerPool.SHARED.run(blocks + ranges, task -> {
                if (task < blocks) {
                    packRows(task, from, depth);
                } else {
                    packColumns(task - blocks, from, depth);
                }
            });
            WorkerPool.SHARED.run(blocks * ranges, task -> multiply(task / ranges, task % ranges, from == 0, depth));
        }

        private int rowsOf(int block) {
            return Math.min(blockRows, rows - block * blockRows);
        }

        private void packRows(int block, int from, int depth) {
            int row = firstRow + block * blockRows;
            int matrix = a.offset() + a.numbers().at(p) * m * k;
            int to = block * blockRows * depth;
            if (a.transposed()) {
                MicroKernel.ORDINARY.packColumns(
                        a.array(), matrix + from * m + row, m, rowsOf(block), depth, packedRows, to);
            } else {
                MicroKernel.ORDINARY.packRows(
                        a.array(), matrix + row * k + from, k, rowsOf(block), depth, packedRows, to);
            }
        }

        private void packColumns(int range, int from, int depth) {
            int end = Math.min(panels, (range + 1) * rangePanels);
            for (int panel = range * rangePanels; panel < end; panel++) {
                int column = firstColumn + panel * WIDTH;
                int width = Math.min(WIDTH, columns - panel * WIDTH);
                int to = panel * WIDTH * depth;
                switch (b) {
                    case Matrices(var array, var offset, var numbers, var transposed) -> {
                        int matrix = offset + numbers.at(p) * k * n;
                        if (transposed) {
                            int at = matrix + column * k + from;
                            PackedMatrix.packRows(array, at, k, width, depth, packedColumns, to);
                        } else {
                            int at = matrix + from * n + column;
                            if (width == WIDTH) {
                                Columns.copy(array, at, n, depth, WIDTH, packedColumns, to);
                            } else {
                                PackedMatrix.packColumns(array, at, n, depth, width, packedColumns, to);
                            }
                        }
                    }
                    case Transpose(var stored) -> transpose(stored, from, depth, column, width, packedColumns, to);
                }
            }
        }

        private void multiply(int block, int range, boolean isFirst, int depth) {
            int row = block * blockRows;
            int end = Math.min(panels, (range + 1) * rangePanels);
            for (int panel = range * rangePanels; panel < end; panel++) {
                int width = Math.min(WIDTH, columns - panel * WIDTH);
                int to = co + p * m * n + (firstRow + row) * n + firstColumn + panel * WIDTH;
                int right = panel * WIDTH * depth;
                if (isFirst) {
                    Gemm.multiply(
                            packedRows,
                            row * depth,
                            rowsOf(block),
                            depth,
                            packedColumns,
                            right,
                            width,
                            ZEROS,
                            0,
                            c,
                            to,
                            n);
                } else {
                    Gemm.add(packedRows, row * depth, rowsOf(block), depth, packedColumns, right, width, c, to, n);
                }
            }
        }
    }

    /**
     * Packs rows {@code [from, from + depth)} and a panel of columns of a matrix that stands packed the other way
     * round: its rows are the columns of that form.
     */
    private static void transpose(KeptPanels stored, int from, int depth, int column, int width, float[] to, int at) {
        int k = stored.k();
        for (int row = from; row < from + depth; row += WIDTH) {
            int count = Math.min(WIDTH, from + depth - row);
            float[] block;
            int blockAt;
            switch (stored) {
                case PackedMatrix wide -> {
                    block = wide.data();
                    blockAt = wide.offset() + (row / WIDTH * k + column) * WIDTH;
                }
                case NarrowMatrix narrow -> {
                    block = Scratch.get().floats(PANEL, WIDTH * WIDTH);
                    blockAt = 0;
                    narrow.unpack(row / WIDTH, column, width, block);
                }
                case TileMatrix tiles -> {
                    block = Scratch.get().floats(PANEL, WIDTH * WIDTH);
                    blockAt = 0;
                    tiles.unpack(column, width, row, count, block, WIDTH);
                }
            }
            transpose(block, blockAt, count, width, to, at + (row - from) * WIDTH);
        }
    }

    /**
     * Computes {@code to[i][j] = from[j][i]} for {@code i < rows} and {@code j < columns}; further columns become
     * zero.
     */
    private static void transpose(float[] from, int fromAt, int rows, int columns, float[] to, int toAt) {
        for (int j = 0; j < columns; j++) {
            int source = fromAt + j * WIDTH;
            for (int i = 0; i < rows; i++) {
                to[toAt + i * WIDTH + j] = from[source + i];
            }
        }
        for (int i = 0; i < rows && columns < WIDTH; i++) {
            Arrays.fill(to, toAt + i * WIDTH + columns, toAt + (i + 1) * WIDTH, 0);
        }
    }
}
