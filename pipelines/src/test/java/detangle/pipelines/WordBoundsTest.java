package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.models.text.Encoding;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Words have the outermost places of their tokens in all windows. */
class WordBoundsTest {
    /** A window of tokens, each with its text, word, start and end. */
    private static Encoding window(int[]... tokens) {
        int[][] columns = new int[4][tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            for (int c = 0; c < 4; c++) {
                columns[c][i] = tokens[i][c];
            }
        }
        int[] none = new int[tokens.length];
        return new Encoding(none, none, List.of(), columns[0], columns[1], columns[2], columns[3]);
    }

    @Test
    void boundsAreThoseOfAllTokens() {
        List<Encoding> windows = List.of(
                window(new int[] {-1, -1, 0, 0}, new int[] {0, 0, 1, 3}, new int[] {0, 0, 3, 5}, new int[] {1, 0, 0, 9
                }),
                window(new int[] {0, 0, 3, 5}, new int[] {0, 1, 5, 8}, new int[] {0, 1, 8, 10}));
        WordBounds first = new WordBounds(windows, 0);
        assertEquals(1, first.start(0));
        assertEquals(5, first.end(0));
        assertEquals(5, first.start(1));
        assertEquals(10, first.end(1));
        WordBounds second = new WordBounds(windows, 1);
        assertEquals(0, second.start(0));
        assertEquals(9, second.end(0));
    }
}
