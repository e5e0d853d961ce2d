package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.models.text.Truncation.Strategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TruncationTest {
    /** [CLS] a... [SEP] b... [SEP], with ids 100, 101, ... and 200, 201, ... for the texts. */
    private static Encoding encoding(int first, int second) {
        List<int[]> tokens = new ArrayList<>();
        tokens.add(new int[] {1, 0, -1});
        for (int i = 0; i < first; i++) {
            tokens.add(new int[] {100 + i, 0, 0});
        }
        tokens.add(new int[] {2, 0, -1});
        for (int i = 0; i < second; i++) {
            tokens.add(new int[] {200 + i, 1, 1});
        }
        if (second > 0) {
            tokens.add(new int[] {2, 1, -1});
        }
        int[] ids = tokens.stream().mapToInt(t -> t[0]).toArray();
        int[] types = tokens.stream().mapToInt(t -> t[1]).toArray();
        int[] sequences = tokens.stream().mapToInt(t -> t[2]).toArray();
        List<String> spellings =
                tokens.stream().map(t -> Integer.toString(t[0])).toList();
        return new Encoding(ids, types, spellings, sequences, ids, ids, ids);
    }

    private static List<String> apply(int first, int second, int length, Strategy strategy, Optional<Integer> stride) {
        return new Truncation(length, strategy, stride)
                .apply(encoding(first, second)).stream()
                        .map(e -> String.join(" ", e.tokens()))
                        .toList();
    }

    @Test
    void shortOnesStay() {
        assertEquals(List.of("1 100 101 2"), apply(2, 0, 4, Strategy.LONGEST_FIRST, Optional.of(1)));
    }

    /** Lengths of two texts, the length to cut to, what is left of each. */
    @ParameterizedTest
    @CsvSource({
        "5, 5, 9, 3, 3",
        "5, 5, 8, 2, 3",
        "9, 2, 9, 4, 2",
        "2, 9, 9, 2, 4",
        "9, 9, 10, 3, 4",
        "1, 9, 4, 0, 1",
        "9, 8, 10, 4, 3"
    })
    void longestFirst(int first, int second, int length, int keptFirst, int keptSecond) {
        Encoding cut = new Truncation(length, Strategy.LONGEST_FIRST, Optional.empty())
                .apply(encoding(first, second))
                .getFirst();
        assertEquals(length, cut.length());
        long ofFirst = Arrays.stream(cut.ids()).filter(i -> i >= 100 && i < 200).count();
        long ofSecond = Arrays.stream(cut.ids()).filter(i -> i >= 200).count();
        assertEquals(List.of((long) keptFirst, (long) keptSecond), List.of(ofFirst, ofSecond));
    }

    @Test
    void onlyOneText() {
        assertEquals(List.of("1 100 2 200 201 202 2"), apply(4, 3, 7, Strategy.ONLY_FIRST, Optional.empty()));
        assertEquals(List.of("1 100 101 102 103 2 200 2"), apply(4, 3, 8, Strategy.ONLY_SECOND, Optional.empty()));
    }

    @Test
    void theBeginningIsCutOff() {
        Encoding one = new Truncation(5, Strategy.ONLY_FIRST, Optional.empty(), Truncation.Side.LEFT)
                .apply(encoding(6, 0))
                .getFirst();
        assertEquals(List.of("1", "103", "104", "105", "2"), one.tokens());
        Encoding both = new Truncation(8, Strategy.LONGEST_FIRST, Optional.empty(), Truncation.Side.LEFT)
                .apply(encoding(5, 5))
                .getFirst();
        assertEquals(List.of("1", "103", "104", "2", "202", "203", "204", "2"), both.tokens());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Truncation(8, Strategy.ONLY_FIRST, Optional.of(1), Truncation.Side.LEFT));
    }

    @Test
    void windows() {
        assertEquals(
                List.of("1 100 101 102 2", "1 102 103 104 2", "1 104 105 2"),
                apply(6, 0, 5, Strategy.LONGEST_FIRST, Optional.of(1)));
        assertEquals(
                List.of("1 100 2 200 201 2", "1 100 2 202 203 2", "1 100 2 204 2"),
                apply(1, 5, 6, Strategy.ONLY_SECOND, Optional.of(0)));
    }

    /** As many are counted as are made, of one text and of either text of a pair. */
    @Test
    void windowsAreCountedWithoutMakingThem() {
        for (Strategy strategy : List.of(Strategy.ONLY_FIRST, Strategy.ONLY_SECOND)) {
            for (int stride = 0; stride < 4; stride++) {
                Truncation cut = new Truncation(10, strategy, Optional.of(stride));
                for (int length = 1; length < 40; length++) {
                    for (Encoding whole : List.of(
                            encoding(length, 0),
                            strategy == Strategy.ONLY_FIRST ? encoding(length, 2) : encoding(2, length))) {
                        assertEquals(cut.apply(whole).size(), cut.windows(whole), cut + " of " + whole.length());
                    }
                }
            }
        }
        assertEquals(1, new Truncation(10, Strategy.ONLY_FIRST, Optional.empty()).windows(encoding(99, 0)));
    }

    @Test
    void refused() {
        assertThrows(TokenizerException.class, () -> apply(9, 0, 5, Strategy.LONGEST_FIRST, Optional.of(3)));
        assertThrows(TokenizerException.class, () -> apply(9, 9, 9, Strategy.LONGEST_FIRST, Optional.of(1)));
        assertThrows(TokenizerException.class, () -> apply(2, 9, 11, Strategy.ONLY_FIRST, Optional.empty()));
        assertThrows(TokenizerException.class, () -> apply(9, 0, 1, Strategy.ONLY_FIRST, Optional.empty()));
    }

    @Test
    void batches() {
        List<Encoding> rows = List.of(encoding(1, 1), encoding(2, 0));
        PaddedBatch right = PaddedBatch.of(rows, 7, PaddedBatch.Side.RIGHT, 4);
        assertArrayEquals(
                new long[] {1, 100, 2, 200, 2, 7, 7, 7, 1, 100, 101, 2, 7, 7, 7, 7},
                right.inputIds().toLongs());
        PaddedBatch left = PaddedBatch.of(rows, 7, PaddedBatch.Side.LEFT, 1);
        assertArrayEquals(
                new long[] {1, 100, 2, 200, 2, 7, 1, 100, 101, 2},
                left.inputIds().toLongs());
        assertArrayEquals(
                new long[] {1, 1, 1, 1, 1, 0, 1, 1, 1, 1}, left.attentionMask().toLongs());
        assertArrayEquals(
                new long[] {0, 0, 0, 1, 1, 0, 0, 0, 0, 0}, left.tokenTypeIds().toLongs());
    }
}
