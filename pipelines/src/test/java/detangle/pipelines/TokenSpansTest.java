package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordVectors.WordRange;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Spans whose words begin, go on and end. */
class TokenSpansTest {
    /** Of three words and two labels, as starts, ends and insides. */
    private static float[] probabilities(float... ofFirstLabel) {
        float[] all = new float[3 * 2 * 3];
        for (int word = 0; word < 3; word++) {
            System.arraycopy(ofFirstLabel, word * 3, all, word * 6, 3);
        }
        return all;
    }

    private static WordVectors window(Optional<Set<WordRange>> given) {
        return new WordVectors(new float[3][1], new float[2][1], 0.5, given);
    }

    private static List<Found> found(float... ofFirstLabel) {
        return TokenSpans.found(probabilities(ofFirstLabel), window(Optional.empty()), inside -> inside > 0.5);
    }

    @Test
    void theScoreIsTheLowestOfAll() {
        assertEquals(
                List.of(new Found(0, 1, 0, 0.75f), new Found(0, 2, 0, 0.625f)),
                found(0.9375f, 0, 0.875f, 0, 0.9375f, 0.75f, 0, 0.6875f, 0.625f));
        assertEquals(List.of(new Found(0, 0, 0, 0.75f)), found(0.75f, 1, 1, 0, 0, 0, 0, 0, 0));
        assertEquals(List.of(new Found(2, 2, 0, 0.75f)), found(0, 0, 0, 0, 0, 0, 1, 0.75f, 1));
    }

    @Test
    void whatIsNotAboveTheThresholdIsNone() {
        assertEquals(List.of(), found(0.5f, 1, 1, 0, 1, 1, 0, 1, 1));
        assertEquals(List.of(), found(1, 0.5f, 1, 0, 0.5f, 1, 0, 0.5f, 1));
        assertEquals(List.of(new Found(0, 0, 0, 1)), found(1, 1, 1, 0, 1, 0.5f, 0, 1, 1));
        assertEquals(List.of(), found(1, 1, 0.5f, 0, 1, 1, 0, 1, 1));
    }

    @Test
    void spansAreInTheOrderOfWordsAndLabels() {
        float[] all = new float[3 * 2 * 3];
        Arrays.fill(all, 1);
        assertEquals(
                List.of(
                        new Found(0, 0, 0, 1),
                        new Found(0, 1, 0, 1),
                        new Found(0, 2, 0, 1),
                        new Found(0, 0, 1, 1),
                        new Found(0, 1, 1, 1),
                        new Found(0, 2, 1, 1),
                        new Found(1, 1, 0, 1),
                        new Found(1, 2, 0, 1),
                        new Found(1, 1, 1, 1),
                        new Found(1, 2, 1, 1),
                        new Found(2, 2, 0, 1),
                        new Found(2, 2, 1, 1)),
                TokenSpans.found(all, window(Optional.empty()), inside -> true));
        assertEquals(
                List.of(new Found(1, 2, 0, 1), new Found(1, 2, 1, 1)),
                TokenSpans.found(all, window(Optional.of(Set.of(new WordRange(1, 2)))), inside -> true));
    }
}
