package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.vector.amx.EmulatedTiles;
import detangle.backend.vector.amx.JavaTiles;
import detangle.backend.vector.amx.MatrixUnit;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention in bfloat16 by the code that is emitted, which is executed in Java, and by the tiles in Java. */
class TileAttentionTest {
    private static final int HEADS = 2;

    private static float[] floats(int count, long seed) {
        Random random = new Random(seed);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }

    /**
     * Packed sequences with two position terms.
     *
     * @param positions of all tokens, one sequence after the other
     * @param segments where each begins, and the end
     */
    private static float[] run(VectorAttention kernel, int size, int[] segments, int[] positions, boolean tiles) {
        int tokens = positions.length;
        int longest = 1 + Arrays.stream(positions).max().orElse(0);
        int rows = 2 * longest;
        AttentionOperands operands = kernel.operands();
        operands.queries().set(segments, 0, positions, 0);
        operands.keys().set(segments, 0, positions, 0);
        operands.mask().setNone();
        operands.q().set(floats(3 + tokens * HEADS * size, 1), 3);
        operands.k().set(floats(tokens * HEADS * size, 2), 0);
        operands.v().set(floats(tokens * HEADS * size, 3), 0);
        float[] out = new float[1 + tokens * HEADS * size];
        operands.out().set(out, 1);
        RelativeTable table = new RelativeTable();
        int[] index = IntStream.range(0, 2 * longest - 1).map(i -> i * 3 / 4).toArray();
        table.set(index, 0, index.length, longest - 1, rows);
        operands.positions().set(heads(rows, size, 4, tiles), heads(rows, size, 5, tiles), table);
        operands.dropout().setNone();
        kernel.run(segments.length - 1, HEADS, size, 1 / Math.sqrt(3.0 * size));
        return out;
    }

    private static KeptPanels[] heads(int rows, int size, long seed, boolean tiles) {
        KeptPanels[] heads = new KeptPanels[HEADS];
        for (int h = 0; h < HEADS; h++) {
            PackedMatrix wide = PackedMatrix.ofRows(floats(HEADS * rows * size, seed), h * rows * size, rows, size);
            heads[h] = tiles ? TileMatrix.split(wide) : wide;
        }
        return heads;
    }

    /** The first sequence has this length and no holes, and the second one has every second position. */
    @ParameterizedTest
    @CsvSource({"1, 64", "16, 8", "33, 64", "70, 20", "97, 33", "48, 1"})
    void theEmittedCodeGivesTheBitsOfJava(int length, int size) throws Exception {
        Warmup.ATTENTION.await();
        int[] segments = {0, length, length + (length + 1) / 2};
        int[] positions = IntStream.concat(
                        IntStream.range(0, length), IntStream.iterate(0, i -> i < length, i -> i + 2))
                .toArray();
        float[] java = run(new VectorAttention(JavaTiles::new), size, segments, positions, true);
        try (Arena arena = Arena.ofShared()) {
            MatrixUnit emitted = EmulatedTiles.in(arena);
            assertArrayEquals(java, run(new VectorAttention(() -> emitted), size, segments, positions, true));
        }
        float[] exact = run(new VectorAttention(), size, segments, positions, false);
        double errors = 0;
        double squares = 0;
        for (int i = 0; i < exact.length; i++) {
            errors += Math.pow(exact[i] - java[i], 2);
            squares += Math.pow(exact[i], 2);
        }
        assertEquals(0, errors / squares, 5e-6);
    }

    /** The other sequences of a batch do not change the result of one. */
    @Test
    void aSequenceHasTheSameBitsInAnyBatch() {
        Warmup.ATTENTION.await();
        int size = 64;
        int[] positions = IntStream.range(0, 80).map(i -> i < 50 ? i : i - 50).toArray();
        float[] both = run(new VectorAttention(JavaTiles::new), size, new int[] {0, 50, 80}, positions, true);
        float[] alone =
                run(new VectorAttention(JavaTiles::new), size, new int[] {0, 50}, Arrays.copyOf(positions, 50), true);
        assertArrayEquals(alone, Arrays.copyOf(both, alone.length));
    }
}
