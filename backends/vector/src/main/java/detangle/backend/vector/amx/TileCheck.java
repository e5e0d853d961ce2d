package detangle.backend.vector.amx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * Compares a unit with Java before anything relies on it: rows and columns that fill no tile, several steps, a bias. Its
 * numbers are ordinary ones, as models have.
 */
final class TileCheck {
    private static final int ROWS = 29;
    private static final int COLUMNS = 27;
    private static final int STEPS = 3;
    private static final long SEED = 1;

    private TileCheck() {}

    /** Returns whether a unit computes the same bits as {@link JavaTiles}. */
    static boolean agrees(MatrixUnit unit) {
        try (Arena arena = Arena.ofConfined()) {
            return run(unit, arena).mismatch(run(new JavaTiles(), arena)) < 0;
        }
    }

    private static MemorySegment run(MatrixUnit unit, Arena arena) {
        Random random = new Random(SEED);
        int depth = STEPS * MatrixUnit.DEPTH;
        MemorySegment floats = gaussian(random, (long) ROWS * depth, arena);
        MemorySegment bias = gaussian(random, COLUMNS, arena);
        MemorySegment panel = arena.allocate(2L * STEPS * MatrixUnit.TILE, MatrixUnit.TILE_ROW);
        for (long at = 0; at < panel.byteSize(); at += Short.BYTES) {
            panel.set(ValueLayout.JAVA_SHORT, at, Bf16.round((float) random.nextGaussian()));
        }
        MemorySegment rows = arena.allocate(2L * STEPS * MatrixUnit.TILE, MatrixUnit.TILE_ROW);
        long stride = (long) depth * Float.BYTES;
        for (int tile = 0; tile < 2; tile++) {
            int first = tile * MatrixUnit.TILE_ROWS;
            unit.run(new TilePacking(
                    floats.asSlice(first * stride),
                    stride,
                    rows.asSlice((long) tile * MatrixUnit.TILE),
                    2L * MatrixUnit.TILE,
                    STEPS,
                    Math.min(MatrixUnit.TILE_ROWS, ROWS - first)));
        }
        long row = (long) COLUMNS * Float.BYTES;
        MemorySegment result = arena.allocate(ROWS * row, Float.BYTES);
        unit.run(new TileProduct(rows, 0, panel, bias, 0, result, row, STEPS, 1, ROWS, COLUMNS));
        return result;
    }

    private static MemorySegment gaussian(Random random, long count, Arena arena) {
        MemorySegment floats = arena.allocate(count * Float.BYTES, Float.BYTES);
        for (long i = 0; i < count; i++) {
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return floats;
    }
}
