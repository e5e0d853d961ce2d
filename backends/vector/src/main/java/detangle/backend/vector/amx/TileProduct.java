package detangle.backend.vector.amx;

import java.lang.foreign.MemorySegment;

/**
 * The product of blocks of rows and a panel, {@code result = initial + rows panel}, in the order of {@link MatrixUnit}.
 * It is checked when it is made: nothing outside of the segments is read or written.
 *
 * @param rows native memory in which the first block begins; the next ones are {@code blockBytes} apart
 * @param panel native memory in which the panel's first step begins
 * @param initial floats of the first row; the rows are {@code initialStride} bytes apart, which is 0 for a bias
 * @param result floats of the first row; the rows are {@code resultStride} bytes apart. It may be initial itself
 * @param steps at least one; those of all blocks are {@link MatrixUnit#CALL_STEPS} at most
 * @param blocks at least one; several have 32 rows each
 * @param blockRows from 1 to 32
 * @param columns from 1 to 32
 */
public record TileProduct(
        MemorySegment rows,
        long blockBytes,
        MemorySegment panel,
        MemorySegment initial,
        long initialStride,
        MemorySegment result,
        long resultStride,
        int steps,
        int blocks,
        int blockRows,
        int columns) {
    public TileProduct {
        TileBounds.check(steps >= 1, "steps", steps);
        TileBounds.check(blockRows >= 1 && blockRows <= MatrixUnit.BLOCK_ROWS, "blockRows", blockRows);
        TileBounds.check(blocks == 1 || blocks > 1 && blockRows == MatrixUnit.BLOCK_ROWS, "blocks", blocks);
        TileBounds.check((long) steps * blocks <= MatrixUnit.CALL_STEPS, "steps of all blocks", (long) steps * blocks);
        TileBounds.check(columns >= 1 && columns <= MatrixUnit.PANEL_COLUMNS, "columns", columns);
        TileBounds.check(blockBytes >= 0 && blockBytes % MatrixUnit.TILE == 0, "blockBytes", blockBytes);
        TileBounds.check(initialStride >= 0 && initialStride % Float.BYTES == 0, "initialStride", initialStride);
        long row = (long) columns * Float.BYTES;
        TileBounds.check(resultStride >= row && resultStride % Float.BYTES == 0, "resultStride", resultStride);
        long all = (long) blocks * blockRows;
        TileBounds.inside(rows, blocks, blockBytes, (long) steps * MatrixUnit.tiles(blockRows) * MatrixUnit.TILE);
        TileBounds.inside(panel, steps, 2L * MatrixUnit.TILE, 2L * MatrixUnit.TILE);
        TileBounds.inside(initial, all, initialStride, row);
        TileBounds.inside(result, all, resultStride, row);
        TileBounds.tiles(rows);
        TileBounds.tiles(panel);
        TileBounds.writable(result);
    }
}
