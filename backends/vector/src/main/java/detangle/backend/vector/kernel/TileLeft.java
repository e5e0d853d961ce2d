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
        int whole = depth / MatrixUnit.DEPTH;
        if (whole > 0) {
            MemorySegment floats = MemorySegment.ofArray(from).asSlice((at + (long) first * stride) * Float.BYTES);
            unit.run(new TilePacking(floats, (long) stride * Float.BYTES, begin, stepBytes, whole, count));
        }
        int rest = depth % MatrixUnit.DEPTH;
        for (int row = 0; rest > 0 && row < count; row++) {
            int place = at + (first + row) * stride + whole * MatrixUnit.DEPTH;
            long line = whole * stepBytes + (long) row * MatrixUnit.TILE_ROW;
            for (int i = 0; i < MatrixUnit.DEPTH; i++) {
                short bits = i < rest ? Bf16.round(from[place + i]) : 0;
                begin.set(ValueLayout.JAVA_SHORT, line + (long) i * Short.BYTES, bits);
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
        long begin = tile / 2 * blockBytes(depth) + (long) (tile % 2) * MatrixUnit.TILE;
        for (int i = 0; i < TileColumns.steps(depth) * MatrixUnit.DEPTH; i++) {
            long line = begin + i / MatrixUnit.DEPTH * stepBytes + (long) (i % MatrixUnit.DEPTH) * Short.BYTES;
            for (int row = 0; row < count; row++) {
                short bits = i < depth ? Bf16.round(from[at + i * stride + first + row]) : 0;
                to.set(ValueLayout.JAVA_SHORT, line + (long) row * MatrixUnit.TILE_ROW, bits);
            }
        }
    }

    /**
     * Multiplies packed rows by a panel.
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
        MemorySegment left = packed.asSlice(block * blockBytes(depth));
        MemorySegment first = MemorySegment.ofArray(initial).asSlice((long) initialAt * Float.BYTES);
        MemorySegment result = MemorySegment.ofArray(c).asSlice((long) co * Float.BYTES);
        int whole = rows / BLOCK_ROWS;
        int rest = rows % BLOCK_ROWS;
        long apart = (long) ldc * Float.BYTES;
        long initialApart = (long) initialStride * Float.BYTES;
        int steps = TileColumns.steps(depth);
        if (whole > 0) {
            unit.run(new TileProduct(
                    left,
                    blockBytes(depth),
                    panel,
                    first,
                    initialApart,
                    result,
                    apart,
                    steps,
                    whole,
                    BLOCK_ROWS,
                    columns));
        }
        if (rest > 0) {
            long before = (long) whole * BLOCK_ROWS;
            unit.run(new TileProduct(
                    left.asSlice(whole * blockBytes(depth)),
                    blockBytes(depth),
                    panel,
                    first.asSlice(before * initialApart),
                    initialApart,
                    result.asSlice(before * apart),
                    apart,
                    steps,
                    1,
                    rest,
                    columns));
        }
    }
}
