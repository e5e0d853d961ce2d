package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Vectors of spans, against their definitions. */
class BoundaryContentTest {
    private static final float[][] WORDS = {{1, -2}, {3, 0.5f}, {-4, 8}, {2, 2}};

    @Test
    void theMeanIsThatOfTheWords() {
        BoundaryContent content = BoundaryContent.of(WORDS, false);
        assertArrayEquals(new float[] {-0.5f, 4.25f}, content.of(new BoundarySpan(1, 3)));
        assertArrayEquals(new float[] {1, -2}, content.of(new BoundarySpan(0, 1)));
        assertArrayEquals(new float[] {0.5f, 2.125f}, content.mean(new BoundarySpan(0, 4)));
    }

    /** The logarithm of the sum of exponentials. */
    @Test
    void aSmoothMaximumStandsBehindIt() {
        BoundaryContent content = BoundaryContent.of(WORDS, true);
        for (int start = 0; start < WORDS.length; start++) {
            for (int end = start + 1; end <= WORDS.length; end++) {
                float[] both = content.of(new BoundarySpan(start, end));
                assertEquals(4, both.length);
                for (int i = 0; i < 2; i++) {
                    double sum = 0;
                    double exponentials = 0;
                    for (int word = start; word < end; word++) {
                        sum += WORDS[word][i];
                        exponentials += Math.exp(WORDS[word][i]);
                    }
                    assertEquals(sum / (end - start), both[i], 1e-6);
                    assertEquals(Math.log(exponentials), both[2 + i], 2e-3);
                }
            }
        }
    }
}
