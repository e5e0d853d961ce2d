package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import detangle.backend.vector.amx.Bf16;
import detangle.backend.vector.amx.MatrixUnit;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rounds floats to bfloat16 in the order in which tiles read the right operand of a product: panels of 32 columns, as
 * {@link MatrixUnit} has them. Columns and elements of the depth beyond the last become zero.
 */
final class TileColumns {
    private static final int COLUMNS = MatrixUnit.PANEL_COLUMNS;

    /** The bytes from one step of a panel to the next. */
    private static final long STEP_BYTES = 2L * MatrixUnit.TILE;

    /** Rounding to bfloat16 adds this to the bits of a float, and the lowest bit that stays. */
    private static final int HALF = 0x7FFF;

    /** The bit that makes a NaN a quiet one. */
    private static final int QUIET = 1 << 22;

    /** The bit of a float's sign. */
    private static final int SIGN = 1 << 31;

    private static final int INFINITY = 0x7F80_0000;
    private static final int SMALLEST_NORMAL = 0x0080_0000;

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

    /** Packs a panel whose columns are rows of floats, {@code stride} apart: the product is with the transpose. */
    static void ofRows(MatrixUnit unit, float[] from, int at, int stride, int columns, int depth, MemorySegment panel) {
        for (int first = 0; first < COLUMNS; first += MatrixUnit.TILE_ROWS) {
            int own = Math.clamp(columns - first, 0, MatrixUnit.TILE_ROWS);
            MemorySegment tiles = panel.asSlice((long) first / MatrixUnit.TILE_ROWS * MatrixUnit.TILE);
            if (own > 0) {
                TileLeft.packRows(unit, from, at + first * stride, stride, own, depth, tiles, STEP_BYTES);
            }
            for (int step = 0; step < steps(depth); step++) {
                MemorySegment tile = tiles.asSlice(step * STEP_BYTES, MatrixUnit.TILE);
                tile.asSlice((long) own * MatrixUnit.TILE_ROW).fill((byte) 0);
                transpose(tile);
            }
        }
    }

    /** Packs a panel whose columns are those of {@code depth} rows of floats, {@code stride} apart. */
    static void ofColumns(float[] from, int at, int stride, int depth, int columns, MemorySegment panel) {
        for (int first = 0; first < COLUMNS; first += MatrixUnit.TILE_ROWS) {
            int own = Math.clamp(columns - first, 0, MatrixUnit.TILE_ROWS);
            MemorySegment tiles = panel.asSlice((long) first / MatrixUnit.TILE_ROWS * MatrixUnit.TILE);
            strip(from, at + first, stride, depth, own, tiles, STEP_BYTES);
        }
    }

    /**
     * Packs the columns of a tile of each step, 16 at most. Other columns, and elements beyond the depth, become zero.
     *
     * @param tiles begins with the tile of the first step; the next ones are {@code stepBytes} apart
     */
    static void strip(float[] from, int at, int stride, int depth, int columns, MemorySegment tiles, long stepBytes) {
        int pairs = depth / 2;
        int vectors = Warmup.usesVectors() ? columns - columns % COUNT : 0;
        if (vectors > 0) {
            pairs(from, at, stride, pairs, vectors, tiles, stepBytes);
        }
        for (int i = 0; i < steps(depth) * MatrixUnit.TILE_ROWS; i++) {
            long line = lineAt(i, stepBytes);
            int row = at + 2 * i * stride;
            int rows = Math.clamp(depth - 2 * i, 0, 2);
            for (int j = i < pairs ? vectors : 0; j < MatrixUnit.TILE_ROWS; j++) {
                float first = j < columns && rows > 0 ? from[row + j] : 0;
                float second = j < columns && rows > 1 ? from[row + stride + j] : 0;
                int pair = Bf16.round(first) & 0xFFFF | Bf16.round(second) << Short.SIZE;
                tiles.set(ValueLayout.JAVA_INT, line + (long) j * Integer.BYTES, pair);
            }
        }
    }

    /** Returns where a pair of rows stands. */
    private static long lineAt(int pair, long stepBytes) {
        return pair / MatrixUnit.TILE_ROWS * stepBytes + (long) (pair % MatrixUnit.TILE_ROWS) * MatrixUnit.TILE_ROW;
    }

    /** Packs pairs of rows by whole vectors. It rounds as {@link Bf16#round} does. */
    private static void pairs(
            float[] from, int at, int stride, int pairs, int columns, MemorySegment tiles, long stepBytes) {
        for (int i = 0; i < pairs; i++) {
            long line = lineAt(i, stepBytes);
            int row = at + 2 * i * stride;
            for (int j = 0; j < columns; j += COUNT) {
                IntVector low = FloatVector.fromArray(SPECIES, from, row + j).reinterpretAsInts();
                IntVector ofFirst = low.lanewise(VectorOperators.LSHR, Short.SIZE)
                        .and(1)
                        .add(HALF)
                        .add(low)
                        .blend(low.or(QUIET), low.and(~SIGN).compare(VectorOperators.GT, INFINITY))
                        .blend(low.and(SIGN), low.and(~SIGN).compare(VectorOperators.LT, SMALLEST_NORMAL));
                IntVector high =
                        FloatVector.fromArray(SPECIES, from, row + stride + j).reinterpretAsInts();
                IntVector ofSecond = high.lanewise(VectorOperators.LSHR, Short.SIZE)
                        .and(1)
                        .add(HALF)
                        .add(high)
                        .blend(high.or(QUIET), high.and(~SIGN).compare(VectorOperators.GT, INFINITY))
                        .blend(high.and(SIGN), high.and(~SIGN).compare(VectorOperators.LT, SMALLEST_NORMAL));
                ofSecond.and(-1 << Short.SIZE)
                        .or(ofFirst.lanewise(VectorOperators.LSHR, Short.SIZE))
                        .intoMemorySegment(tiles, line + (long) j * Integer.BYTES, ByteOrder.LITTLE_ENDIAN);
            }
        }
    }

    /** Exchanges rows and columns of a tile of 16 rows of 16 pairs. */
    static void transpose(MemorySegment tile) {
        for (int i = 1; i < MatrixUnit.TILE_ROWS; i++) {
            for (int j = 0; j < i; j++) {
                long below = (long) i * MatrixUnit.TILE_ROW + (long) j * Integer.BYTES;
                long above = (long) j * MatrixUnit.TILE_ROW + (long) i * Integer.BYTES;
                int pair = tile.get(ValueLayout.JAVA_INT, below);
                tile.set(ValueLayout.JAVA_INT, below, tile.get(ValueLayout.JAVA_INT, above));
                tile.set(ValueLayout.JAVA_INT, above, pair);
            }
        }
    }
}
