package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.MatrixUnit;
import detangle.backend.vector.amx.TilePacking;
import detangle.backend.vector.amx.TileProduct;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The left operand of products of tiles: blocks of 32 rows, as {@link MatrixUnit} has them. */
final class TileLeft {
    private static final int BLOCK_ROWS = MatrixUnit.BLOCK_ROWS;

    /** Steps of a panel that stay in the first cache while several blocks of rows meet them: 24 KiB. */
    private static final int PART_STEPS = 12;

    /** The most blocks of a call. */
    private static final int CALL_BLOCKS = MatrixUnit.CALL_STEPS / PART_STEPS;

    private TileLeft() {}

    /** Returns the bytes from one block of rows to the next. */
    static long blockBytes(int depth) {
        return TileColumns.panelBytes(depth);
    }

    /** Returns the bytes of some rows. */
    static long bytes(int rows, int depth) {
        return Math.ceilDiv(rows, BLOCK_ROWS) * blockBytes(depth);
    }

    /** Packs rows of floats, {@code stride} apart. */
    static void pack(MatrixUnit unit, float[] from, int at, int stride, int rows, int depth, MemorySegment to) {
        for (int tile = 0; tile < MatrixUnit.tiles(rows); tile++) {
            packTile(unit, from, at, stride, rows, depth, to, tile);
        }
    }

    /**
     * Packs 16 rows, or what is left of them.
     *
     * @param rows of all tiles
     * @param tile the number of the tile
     */
    static void packTile(
            MatrixUnit unit, float[] from, int at, int stride, int rows, int depth, MemorySegment to, int tile) {
        int first = tile * MatrixUnit.TILE_ROWS;
        int count = Math.min(MatrixUnit.TILE_ROWS, rows - first);
        int blockRows = Math.min(BLOCK_ROWS, rows - tile / 2 * BLOCK_ROWS);
        long stepBytes = (long) MatrixUnit.tiles(blockRows) * MatrixUnit.TILE;
        MemorySegment begin = to.asSlice(tile / 2 * blockBytes(depth) + (long) (tile % 2) * MatrixUnit.TILE);
        packRows(unit, from, at + first * stride, stride, count, depth, begin, stepBytes);
    }

    /**
     * Packs the rows of a tile of each step, 16 at most. What a row has beyond the depth becomes zero.
     *
     * @param tiles begins with the tile of the first step; the next ones are {@code stepBytes} apart
     */
    static void packRows(
            MatrixUnit unit,
            float[] from,
            int at,
            int stride,
            int rows,
            int depth,
            MemorySegment tiles,
            long stepBytes) {
        int whole = depth / MatrixUnit.DEPTH;
        if (whole > 0) {
            unit.run(new TilePacking(from(from, at), (long) stride * Float.BYTES, tiles, stepBytes, whole, rows));
        }
        int rest = depth % MatrixUnit.DEPTH;
        for (int row = 0; rest > 0 && row < rows; row++) {
            int place = at + row * stride + whole * MatrixUnit.DEPTH;
            long line = whole * stepBytes + (long) row * MatrixUnit.TILE_ROW;
            for (int i = 0; i < MatrixUnit.DEPTH; i++) {
                short bits = i < rest ? Bf16.round(from[place + i]) : 0;
                tiles.set(ValueLayout.JAVA_SHORT, line + (long) i * Short.BYTES, bits);
            }
        }
    }

    /**
     * Packs 16 rows, or what is left of them, that are columns of {@code depth} rows of floats, {@code stride} apart,
     * so that the transpose is multiplied.
     *
     * @param rows of all tiles
     * @param tile the number of the tile
     */
    static void packColumns(float[] from, int at, int stride, int rows, int depth, MemorySegment to, int tile) {
        int first = tile * MatrixUnit.TILE_ROWS;
        int count = Math.min(MatrixUnit.TILE_ROWS, rows - first);
        int blockRows = Math.min(BLOCK_ROWS, rows - tile / 2 * BLOCK_ROWS);
        long stepBytes = (long) MatrixUnit.tiles(blockRows) * MatrixUnit.TILE;
        MemorySegment begin = to.asSlice(tile / 2 * blockBytes(depth) + (long) (tile % 2) * MatrixUnit.TILE);
        TileColumns.strip(from, at + first, stride, depth, count, begin, stepBytes);
        for (int step = 0; step < TileColumns.steps(depth); step++) {
            TileColumns.transpose(begin.asSlice(step * stepBytes));
        }
    }

    /**
     * Multiplies packed rows by a panel, in calls that are short. Several blocks of rows meet a part of the panel that
     * stays in the first cache.
     *
     * @param block the number of the first block; {@code rows} follow
     * @param columns the columns that are written to the result
     * @param initial the first row of what the product is added to; rows are {@code initialStride} floats apart, which
     *     is 0 for a row that is the same for all
     */
    static void multiply(
            MatrixUnit unit,
            MemorySegment packed,
            int block,
            int rows,
            int depth,
            MemorySegment panel,
            int columns,
            float[] initial,
            int initialAt,
            int initialStride,
            float[] c,
            int co,
            int ldc) {
        int steps = TileColumns.steps(depth);
        long apart = (long) ldc * Float.BYTES;
        int row = 0;
        while (row < rows) {
            int blocks = Math.clamp((rows - row) / BLOCK_ROWS, 1, CALL_BLOCKS);
            int blockRows = Math.min(BLOCK_ROWS, rows - row);
            int part = blocks == 1 ? MatrixUnit.CALL_STEPS : PART_STEPS;
            long stepBytes = (long) MatrixUnit.tiles(blockRows) * MatrixUnit.TILE;
            MemorySegment left = packed.asSlice((block + row / BLOCK_ROWS) * blockBytes(depth));
            MemorySegment first = from(initial, initialAt + (long) row * initialStride);
            MemorySegment result = from(c, co + (long) row * ldc);
            for (int step = 0; step < steps; step += part) {
                boolean isFirst = step == 0;
                unit.run(new TileProduct(
                        left.asSlice(step * stepBytes),
                        blockBytes(depth),
                        panel.asSlice(2L * MatrixUnit.TILE * step),
                        isFirst ? first : result,
                        isFirst ? (long) initialStride * Float.BYTES : apart,
                        result,
                        apart,
                        Math.min(part, steps - step),
                        blocks,
                        blockRows,
                        columns));
            }
            row += blocks * blockRows;
        }
    }

    private static MemorySegment from(float[] array, long at) {
        return MemorySegment.ofArray(array).asSlice(at * Float.BYTES);
    }
}
