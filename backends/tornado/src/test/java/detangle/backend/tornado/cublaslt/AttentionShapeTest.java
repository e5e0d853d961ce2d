package detangle.backend.tornado.cublaslt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many calls of the library attention takes. */
class AttentionShapeTest {
    private static AttentionShape packed(int heads, int[] segments) {
        int rows = segments[segments.length - 1];
        return new AttentionShape(segments.length - 1, true, heads, 8, rows, rows, 16, 16, 0, 31, 32, 31, true, true);
    }

    /** Begins of sequences, from lengths. */
    private static int[] segments(int... lengths) {
        int[] segments = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            segments[i + 1] = segments[i] + lengths[i];
        }
        return segments;
    }

    private static void check(int calls, int heads, int... lengths) {
        int[] segments = segments(lengths);
        AttentionShape shape = packed(heads, segments);
        assertEquals(calls, shape.scores(segments, segments).size());
        assertEquals(calls, shape.context(segments, segments).size());
        assertEquals(calls, shape.transposed(segments, segments).size());
    }

    @Test
    void theBatchIsThatOfHeadsOrOfSequences() {
        check(2, 5, 4, 4);
        check(2, 2, 4, 4, 4, 4, 4);
        check(3, 12, 4, 5, 4);
        check(1 + 2, 2, 3, 4, 4, 4);
        check(2, 12, 4, 0, 4);
        check(0, 12, 0, 0);
        AttentionShape padded = new AttentionShape(9, false, 4, 8, 27, 45, 3, 8, 0, 0, 0, 0, false, false);
        assertEquals(4, padded.scores(new int[0], new int[0]).size());
        assertEquals(9, padded.scores(new int[0], new int[0]).getFirst().shape().batch());
    }

    @Test
    void sizesAreReadAsTheyWereWritten() {
        AttentionShape shape = packed(3, segments(4, 5));
        int[] sizes = shape.sizes();
        assertEquals(AttentionShape.SIZES, sizes.length);
        assertEquals(shape, AttentionShape.of(Arrays.copyOf(sizes, 20)));
    }

    @Test
    void segmentsThatLeadOutsideAreRefused() {
        int[] good = segments(4, 5);
        AttentionShape shape = packed(3, good);
        for (int[] wrong : List.of(new int[] {0, 5, 4}, new int[] {0, 4, 10}, new int[] {-1, 4, 9})) {
            assertThrows(IllegalArgumentException.class, () -> shape.scores(good, wrong));
            assertThrows(IllegalArgumentException.class, () -> shape.context(wrong, good));
        }
        int[] tooLong = segments(17);
        assertEquals(
                "the query segments say that sequence 0 has the rows from 0 to 17, of 17 rows and sequences of up to 16",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> packed(3, tooLong).scores(tooLong, tooLong))
                        .getMessage());
    }
}
