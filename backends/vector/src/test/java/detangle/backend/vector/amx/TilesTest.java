package detangle.backend.vector.amx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels as they are written for the processor and executed by {@link EmulatedProcessor}, beside those in Java. */
class TilesTest {
    private static final float UNTOUCHED = 12345;

    /** A product of blocks of rows, from floats on. */
    private record Case(int blocks, int blockRows, int columns, int steps, boolean bias, float scale, long seed) {
        float[] run(MatrixUnit unit, Arena arena) {
            Random random = new Random(seed);
            int tiles = MatrixUnit.tiles(blockRows);
            int depth = steps * MatrixUnit.DEPTH;
            int rows = blocks * blockRows;
            int apart = columns + 3;
            float[] x = floats(random, rows * (depth + 1), scale);
            float[] first = floats(random, bias ? columns : rows * (columns + 1), scale * scale);
            long blockBytes = (long) steps * tiles * MatrixUnit.TILE;
            MemorySegment packed = arena.allocate(blocks * blockBytes, MatrixUnit.TILE_ROW);
            packed.fill((byte) 0x7F); // Numbers that would show in a result.
            for (int block = 0; block < blocks; block++) {
                for (int tile = 0; tile < tiles; tile++) {
                    int row = tile * MatrixUnit.TILE_ROWS;
                    unit.run(new TilePacking(
                            MemorySegment.ofArray(x)
                                    .asSlice((long) Float.BYTES * (block * blockRows + row) * (depth + 1)),
                            (long) Float.BYTES * (depth + 1),
                            packed.asSlice(block * blockBytes + (long) tile * MatrixUnit.TILE),
                            (long) tiles * MatrixUnit.TILE,
                            steps,
                            Math.min(MatrixUnit.TILE_ROWS, blockRows - row)));
                }
            }
            MemorySegment panel = arena.allocate(2L * steps * MatrixUnit.TILE, MatrixUnit.TILE_ROW);
            for (long i = 0; i < panel.byteSize() / Short.BYTES; i++) {
                panel.setAtIndex(ValueLayout.JAVA_SHORT, i, Bf16.round((float) random.nextGaussian() * scale));
            }
            float[] result = new float[2 + rows * apart];
            Arrays.fill(result, UNTOUCHED);
            unit.run(new TileProduct(
                    packed,
                    blockBytes,
                    panel,
                    MemorySegment.ofArray(first),
                    bias ? 0 : (long) Float.BYTES * (columns + 1),
                    MemorySegment.ofArray(result).asSlice(2L * Float.BYTES),
                    (long) Float.BYTES * apart,
                    steps,
                    blocks,
                    blockRows,
                    columns));
            check(x, first, panel, result, apart);
            return result;
        }

        /** Compares with loops in doubles over the rounded operands. */
        private void check(float[] x, float[] first, MemorySegment panel, float[] result, int apart) {
            int depth = steps * MatrixUnit.DEPTH;
            for (int i = 0; i < blocks * blockRows; i++) {
                for (int j = 0; j < columns; j++) {
                    double sum = first[bias ? j : i * (columns + 1) + j];
                    double size = Math.abs(sum);
                    for (int k = 0; k < depth; k++) {
                        double product = (double) Bf16.widen(Bf16.round(x[i * (depth + 1) + k])) * right(panel, k, j);
                        sum += product;
                        size += Math.abs(product);
                    }
                    assertEquals(sum, result[2 + i * apart + j], size * 0x1p-20 + 40 * Float.MIN_NORMAL);
                }
                for (int j = columns; j < apart; j++) {
                    assertEquals(UNTOUCHED, result[2 + i * apart + j]);
                }
            }
            assertEquals(UNTOUCHED, result[0]);
            assertEquals(UNTOUCHED, result[1]);
        }

        private static float right(MemorySegment panel, int k, int j) {
            int step = k / 32;
            int tile = j / 16;
            return Bf16.widen(panel.getAtIndex(
                    ValueLayout.JAVA_SHORT, (step * 2 + tile) * 512 + k % 32 / 2 * 32 + j % 16 * 2 + k % 2));
        }

        private static float[] floats(Random random, int count, float scale) {
            float[] floats = new float[count];
            for (int i = 0; i < count; i++) {
                floats[i] = (float) random.nextGaussian() * scale;
            }
            return floats;
        }
    }

    private static void assertEqualBits(float[] expected, float[] actual) {
        int[] bits = new int[expected.length];
        int[] others = new int[actual.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(expected[i]));
        Arrays.setAll(others, i -> Float.floatToRawIntBits(actual[i]));
        assertArrayEquals(bits, others);
    }

    /** Columns: blocks, rows of a block, columns of the panel, steps, whether initial is a bias. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, true",
        "1, 16, 32, 2, true",
        "1, 32, 32, 3, false",
        "1, 31, 17, 1, true",
        "1, 17, 16, 2, false",
        "1, 15, 31, 2, true",
        "1, 9, 5, 1, false",
        "3, 32, 32, 2, true",
        "2, 32, 32, 1, false",
        "2, 32, 16, 1, true",
        "2, 32, 3, 1, false",
        "2, 32, 29, 1, true"
    })
    void emittedKernelsGiveTheBitsOfJava(int blocks, int rows, int columns, int steps, boolean bias) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MatrixUnit emitted = EmulatedTiles.in(arena);
            long seed = blocks + 31 * (rows + 31 * columns);
            Case ordinary = new Case(blocks, rows, columns, steps, bias, 1, seed);
            assertEqualBits(ordinary.run(new JavaTiles(), arena), ordinary.run(emitted, arena));
            // Products and sums near the smallest normal number.
            Case small = new Case(blocks, rows, columns, steps, bias, 0x1p-63f, seed);
            assertEqualBits(small.run(new JavaTiles(), arena), small.run(emitted, arena));
        }
    }

    @Test
    void theCheckOfAUnitAcceptsTheEmittedKernels() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            assertTrue(TileCheck.agrees(EmulatedTiles.in(arena)));
        }
    }

    /** Here the machine code itself runs, on processors that have its instructions, with arrays that may move. */
    @Test
    void packingByTheProcessorGivesTheBitsOfJava() throws Exception {
        ThisMachine machine = new ThisMachine();
        assumeTrue(machine.system().equals(ThisMachine.SYSTEM), "packing is written for " + ThisMachine.SYSTEM);
        assumeTrue(machine.flags().contains("avx512_bf16"), "this processor has no avx512_bf16");
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle packing = EmittedTiles.packing(arena);
            float[] x = Case.floats(new Random(5), 16 * 96, 1);
            float[] special = {
                Float.NaN,
                Float.intBitsToFloat(0xFF80_0001),
                Float.POSITIVE_INFINITY,
                -Float.MIN_VALUE,
                Float.MAX_VALUE,
                1 + 0x1p-8f,
                1 + 3 * 0x1p-8f,
                Math.nextDown(Float.MIN_NORMAL),
                -0f
            };
            System.arraycopy(special, 0, x, 40, special.length);
            for (int rows = 1; rows <= 16; rows += 5) {
                MemorySegment expected = arena.allocate(3L * 2048, 64);
                MemorySegment actual = arena.allocate(3L * 2048, 64);
                new JavaTiles().run(new TilePacking(MemorySegment.ofArray(x), 96 * 4, expected, 2048, 3, rows));
                EmittedTiles.run(
                        packing, new TilePacking(MemorySegment.ofArray(x.clone()), 96 * 4, actual, 2048, 3, rows));
                assertEquals(-1, expected.mismatch(actual), rows + " rows");
            }
        }
    }

    @Test
    void whatLiesOutsideOfASegmentIsRefused() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment tiles = arena.allocate(4L * MatrixUnit.TILE, 64);
            MemorySegment floats = MemorySegment.ofArray(new float[32 * 32]);
            new TileProduct(tiles, 4096, tiles, floats, 0, floats, 128, 2, 1, 32, 32);
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> new TileProduct(tiles, 4096, tiles, floats, 0, floats, 128, 3, 1, 16, 32));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> new TileProduct(tiles, 4096, tiles, floats, 0, floats, 132, 2, 1, 32, 32));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> new TileProduct(tiles, 4096, tiles, floats.asSlice(0, 60), 0, floats, 128, 2, 1, 32, 16));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> new TileProduct(tiles, 4096, tiles, floats, 0, floats, 128, 1, 2, 32, 32));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TileProduct(tiles, 0, tiles, floats, 0, floats, 128, 1, 2, 31, 32));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TileProduct(tiles, 0, tiles, floats, 0, floats, 128, 0, 1, 32, 32));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TileProduct(tiles, 0, tiles, floats, 0, floats, 128, 1, 1, 32, 33));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TileProduct(tiles.asSlice(2), 0, tiles, floats, 0, floats, 128, 1, 1, 16, 32));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TileProduct(tiles, 0, tiles, floats, 0, floats.asReadOnly(), 128, 1, 1, 16, 32));
            assertThrows(IndexOutOfBoundsException.class, () -> new TilePacking(floats, 128, tiles, 1024, 5, 16));
            assertThrows(IndexOutOfBoundsException.class, () -> new TilePacking(floats, 4096, tiles, 1024, 1, 16));
            assertThrows(IllegalArgumentException.class, () -> new TilePacking(floats, 128, floats, 1024, 1, 1));
            assertThrows(IllegalArgumentException.class, () -> new TilePacking(floats, 128, tiles, 1024, 1, 17));
        }
    }
}
