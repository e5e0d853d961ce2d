package detangle.backend.vector.amx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What LDTILECFG reads for each shape of a block: 64 bytes with the bytes of a row of each tile as 16 bits from byte 16
 * on, and the number of its rows from byte 48 on. A block with fewer rows or columns has smaller tiles, so that nothing
 * beyond it is read or written.
 */
final class TileConfigurations {
    private static final int BYTES = 64;
    private static final int ROW_BYTES = 16;
    private static final int ROWS = 48;

    private final MemorySegment all;

    /** @param arena which the configurations live as long as */
    TileConfigurations(Arena arena) {
        int count = MatrixUnit.BLOCK_ROWS * MatrixUnit.PANEL_COLUMNS;
        all = arena.allocate((long) count * BYTES, BYTES);
        for (int rows = 1; rows <= MatrixUnit.BLOCK_ROWS; rows++) {
            for (int columns = 1; columns <= MatrixUnit.PANEL_COLUMNS; columns++) {
                fill(of(rows, columns), rows, columns);
            }
        }
    }

    /** Returns the configuration for blocks of some rows, from 1 to 32, and panels of some columns, from 1 to 32. */
    MemorySegment of(int rows, int columns) {
        return all.asSlice(((rows - 1L) * MatrixUnit.PANEL_COLUMNS + columns - 1) * BYTES, BYTES);
    }

    private static void fill(MemorySegment to, int rows, int columns) {
        to.set(ValueLayout.JAVA_BYTE, 0, (byte) 1); // The palette: eight tiles of 16 rows by 64 bytes.
        for (int i = 0; i < MatrixUnit.tiles(rows); i++) {
            int rowsOf = Math.min(MatrixUnit.TILE_ROWS, rows - i * MatrixUnit.TILE_ROWS);
            tile(to, 4 + i, rowsOf, MatrixUnit.TILE_ROW);
            for (int j = 0; j < MatrixUnit.tiles(columns); j++) {
                tile(to, 2 * i + j, rowsOf, rowBytes(columns, j));
            }
        }
        for (int j = 0; j < MatrixUnit.tiles(columns); j++) {
            tile(to, 6 + j, MatrixUnit.TILE_ROWS, rowBytes(columns, j));
        }
    }

    /** A column of the result is a float, and one of the panel a pair of bfloat16. */
    private static int rowBytes(int columns, int tile) {
        return Math.min(MatrixUnit.TILE_ROW, columns * Float.BYTES - tile * MatrixUnit.TILE_ROW);
    }

    private static void tile(MemorySegment to, int tile, int rows, int rowBytes) {
        to.set(ValueLayout.JAVA_SHORT, ROW_BYTES + 2L * tile, (short) rowBytes);
        to.set(ValueLayout.JAVA_BYTE, (long) ROWS + tile, (byte) rows);
    }
}
