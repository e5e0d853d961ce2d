package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.MatrixUnit;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rounds floats to bfloat16 in the order in which tiles read the right operand of a product: panels of 32 columns, as
 * {@link MatrixUnit} has them. Columns and elements of the depth beyond the last become zero.
 */
final class TileColumns {
    private static final int COLUMNS = MatrixUnit.PANEL_COLUMNS;

    private TileColumns() {}

    /** Returns how many panels some columns take. */
    static int panels(int columns) {
        return Math.ceilDiv(columns, COLUMNS);
    }

    /** Returns how many steps a depth takes. */
    static int steps(int depth) {
        return Math.ceilDiv(depth, MatrixUnit.DEPTH);
    }

    /** Returns the bytes of a panel. */
    static long panelBytes(int depth) {
        return 2L * MatrixUnit.TILE * steps(depth);
    }

    /** Returns how many columns a panel has, 32 but for the last. */
    static int columns(int panel, int all) {
        return Math.min(COLUMNS, all - panel * COLUMNS);
    }

    /** Returns the place of an element of a panel, in elements. */
    static int place(int row, int column) {
        return (int) (pairAt(row / 2, column) / Short.BYTES) + row % 2;
    }

    /** Returns the place of two elements of a column that tiles read together, in bytes. */
    private static long pairAt(int pair, int column) {
        long tile = 2L * (pair / MatrixUnit.TILE_ROWS) + column / MatrixUnit.TILE_ROWS;
        long line = (long) (pair % MatrixUnit.TILE_ROWS) * MatrixUnit.TILE_ROW;
        return tile * MatrixUnit.TILE + line + (long) (column % MatrixUnit.TILE_ROWS) * Integer.BYTES;
    }

    private static int pair(float first, float second) {
        return Bf16.round(first) & 0xFFFF | Bf16.round(second) << Short.SIZE;
    }

    /** Packs a panel whose columns are rows of floats, {@code stride} apart: the product is with the transpose. */
    static void ofRows(float[] from, int at, int stride, int columns, int depth, MemorySegment panel) {
        for (int column = 0; column < COLUMNS; column++) {
            int row = at + column * stride;
            int own = column < columns ? depth : 0;
            for (int step = 0; step < steps(depth); step++) {
                long first = pairAt(step * MatrixUnit.TILE_ROWS, column);
                int begin = step * MatrixUnit.DEPTH;
                int whole = Math.clamp((own - begin) / 2, 0, MatrixUnit.TILE_ROWS);
                for (int i = 0; i < whole; i++) {
                    int pair = pair(from[row + begin + 2 * i], from[row + begin + 2 * i + 1]);
                    panel.set(ValueLayout.JAVA_INT, first + (long) i * MatrixUnit.TILE_ROW, pair);
                }
                for (int i = whole; i < MatrixUnit.TILE_ROWS; i++) {
                    int pair = begin + 2 * i < own ? pair(from[row + begin + 2 * i], 0) : 0;
                    panel.set(ValueLayout.JAVA_INT, first + (long) i * MatrixUnit.TILE_ROW, pair);
                }
            }
        }
    }

    /** Packs a panel whose columns are those of {@code depth} rows of floats, {@code stride} apart. */
    static void ofColumns(float[] from, int at, int stride, int depth, int columns, MemorySegment panel) {
        for (int i = 0; i < steps(depth) * MatrixUnit.TILE_ROWS; i++) {
            int row = at + 2 * i * stride;
            int rows = Math.clamp(depth - 2 * i, 0, 2);
            for (int column = 0; column < COLUMNS; column += MatrixUnit.TILE_ROWS) {
                int own = rows == 0 ? 0 : Math.clamp(columns - column, 0, MatrixUnit.TILE_ROWS);
                line(from, row + column, rows == 2 ? stride : 0, own, panel, pairAt(i, column));
            }
        }
    }

    /**
     * Writes a line of a tile, the elements of two rows.
     *
     * @param apart the floats from the first row to the second; 0 where there is only one
     */
    private static void line(float[] from, int at, int apart, int count, MemorySegment panel, long to) {
        for (int i = 0; i < count; i++) {
            int pair = pair(from[at + i], apart == 0 ? 0 : from[at + apart + i]);
            panel.set(ValueLayout.JAVA_INT, to + (long) i * Integer.BYTES, pair);
        }
        for (int i = count; i < MatrixUnit.TILE_ROWS; i++) {
            panel.set(ValueLayout.JAVA_INT, to + (long) i * Integer.BYTES, 0);
        }
    }
}
