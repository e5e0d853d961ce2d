package detangle.experiment.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import detangle.train.data.DataException;
import detangle.train.data.TokenIds;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SegmentFeaturesTest {
    private static final Tokenizer TOKENIZER = Tokenizers.load(TinyModel.SHIPPED);

    private static int[] numbers(int from, int count) {
        return IntStream.range(from, from + count).toArray();
    }

    @Test
    void aPairHasItsSegmentsInOrder() {
        SegmentFeatures features = new SegmentFeatures(TOKENIZER, 10);
        int begin = features.classToken();
        int end = features.separatorToken();
        TokenIds pair = features.joined(List.of(numbers(100, 2), numbers(200, 3)), 0);
        assertArrayEquals(new int[] {begin, 100, 101, end, 200, 201, 202, end}, pair.ids());
        assertEquals(4, pair.pairStart());
        TokenIds one = features.joined(List.of(numbers(100, 2)), 0);
        assertArrayEquals(new int[] {begin, 100, 101, end}, one.ids());
        assertEquals(4, one.pairStart());
        assertArrayEquals(
                TOKENIZER.encode("card lost").ids(),
                features.joined(List.of(features.tokens("card lost")), 0).ids());
    }

    /** The original puts the longer segment first once it has cut something. */
    @Test
    void theLongerSegmentIsCutAndStaysWhereItIs() {
        List<int[]> cut = SegmentFeatures.truncated(List.of(numbers(100, 2), numbers(200, 6)), 6, 7);
        assertArrayEquals(numbers(100, 2), cut.getFirst());
        assertEquals(4, cut.getLast().length);
        int first = cut.getLast()[0];
        assertArrayEquals(numbers(first, 4), cut.getLast(), "a part without a hole");
    }

    /** Among equally long segments they take turns, as in the original, whose sorting is stable. */
    @Test
    void bothAreCutToHalfOfTheRoom() {
        List<int[]> cut = SegmentFeatures.truncated(List.of(numbers(100, 9), numbers(200, 30)), 8, 3);
        assertEquals(List.of(4, 4), cut.stream().map(s -> s.length).toList());
    }

    @Test
    void frontAndEndAreEquallyLikelyAndFollowFromTheSlot() {
        int front = 0;
        for (int slot = 0; slot < 1000; slot++) {
            int[] once =
                    SegmentFeatures.truncated(List.of(numbers(0, 12)), 2, slot).getFirst();
            assertArrayEquals(
                    once,
                    SegmentFeatures.truncated(List.of(numbers(0, 12)), 2, slot).getFirst());
            front += once[0];
        }
        // 10 000 draws of a fair coin; 5 standard deviations are 250.
        assertTrue(Math.abs(front - 5000) < 250, () -> "cut at the front is not half of the times");
    }

    @Test
    void whatNeedsNoCutStays() {
        List<int[]> segments = List.of(numbers(0, 3), numbers(0, 5));
        assertEquals(segments, SegmentFeatures.truncated(segments, 8, 0));
    }

    @Test
    void aLengthWithoutRoomIsRefused() {
        assertTrue(assertThrows(DataException.class, () -> new SegmentFeatures(TOKENIZER, 3))
                .getMessage()
                .contains("max_seq_length is 3"));
    }
}
