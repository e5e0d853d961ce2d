package detangle.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.PackedInputs;
import detangle.ir.Tensor;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PackedBatchTest {
    private static Optional<Map<String, Tensor>> inputs(boolean readsFirstTokens, boolean looksUp, Tensor mask) {
        return new PackedBatch(new PackedInputs(readsFirstTokens, looksUp)).inputs(Map.of("attention_mask", mask));
    }

    @Test
    void tellsWhereTokensStand() {
        Tensor mask = Tensor.of(new long[] {1, 0, 1, 0, 0, 0, 0, 1, 1}, 3, 3);
        Map<String, Tensor> all = inputs(false, true, mask).orElseThrow();
        assertEquals(mask, all.get("attention_mask"));
        assertArrayEquals(new long[] {0, 2, 7, 8}, all.get(PackedInputs.ROWS).toLongs());
        assertArrayEquals(
                new long[] {0, 2, 2, 4}, all.get(PackedInputs.SEGMENTS).toLongs());
        assertArrayEquals(
                new long[] {0, -1, 1, -1, -1, -1, -1, 2, 3},
                all.get(PackedInputs.TOKENS).toLongs());
        assertFalse(inputs(false, false, mask).orElseThrow().containsKey(PackedInputs.TOKENS));
    }

    /** What a program reads for the first position would be another token. */
    @Test
    void sequencesWithoutAFirstTokenAreNotPackedWhereItIsRead() {
        Tensor mask = Tensor.of(new long[] {1, 1, 0, 1}, 2, 2);
        assertTrue(inputs(true, false, mask).isEmpty());
        assertTrue(inputs(false, false, mask).isPresent());
    }

    /** The padded program says what is wrong with them; counting their sequences would take gigabytes. */
    @Test
    void masksWithoutElementsAreNotPacked() {
        for (long[] shape : new long[][] {{65536, 65536, 0}, {Integer.MAX_VALUE - 1, 0}, {0, Integer.MAX_VALUE - 1}}) {
            assertTrue(inputs(false, false, Tensor.of(new long[0], shape)).isEmpty());
        }
    }
}
