package detangle.backend.vector.amx;

import java.lang.foreign.MemorySegment;

/**
 * Rows of floats that become rows of one tile in each step. It is checked when it is made: nothing outside of the
 * segments is read or written.
 *
 * @param floats where the first row begins; rows are {@code stride} bytes apart
 * @param tiles native memory, in which the tile of the first step begins; the next ones are {@code stepBytes} apart
 * @param steps whole steps of 32 floats, at least one
 * @param rows from 1 to 16
 */
public record TilePacking(MemorySegment floats, long stride, MemorySegment tiles, long stepBytes, int steps, int rows) {
    public TilePacking {
        TileBounds.check(steps >= 1, "steps", steps);
        TileBounds.check(rows >= 1 && rows <= MatrixUnit.TILE_ROWS, "rows", rows);
        TileBounds.check(stride >= 0 && stride % Float.BYTES == 0, "stride", stride);
        TileBounds.check(stepBytes >= MatrixUnit.TILE && stepBytes % MatrixUnit.TILE_ROW == 0, "stepBytes", stepBytes);
        TileBounds.inside(floats, rows, stride, (long) steps * MatrixUnit.DEPTH * Float.BYTES);
        TileBounds.inside(tiles, steps, stepBytes, (long) rows * MatrixUnit.TILE_ROW);
        TileBounds.tiles(tiles);
        TileBounds.writable(tiles);
    }
}
