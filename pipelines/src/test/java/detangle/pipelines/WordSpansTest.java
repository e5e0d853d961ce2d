package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.pipelines.WordSpans.Found;
import detangle.pipelines.WordSpans.Likely;
import detangle.pipelines.WordSpans.Word;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Words of a text, and entities that are joined. */
class WordSpansTest {
    private static List<String> words(String text) {
        return WordSpans.words(text).stream().map(Word::text).toList();
    }

    @Test
    void wordsHaveLettersNumbersAndHyphens() {
        assertEquals(
                List.of(new Word("Ada", 0, 3), new Word("'", 3, 4), new Word("s", 4, 5), new Word("e-mail", 6, 12)),
                WordSpans.words("Ada's e-mail"));
        assertEquals(List.of("3-4", "x_y", "\u00bd", "\u2014", "a", "-"), words("3-4 x_y \u00bd \u2014 a-"));
        assertEquals(List.of("-", "a-b_c", "-", "-"), words("-a-b_c--"));
        assertEquals(List.of(), words(" \t\n\u00a0\u3000\u001c\u001f"));
    }

    /** As in Python, where an accent that stands alone is no letter. */
    @Test
    void otherSignsAreWordsOfTheirOwn() {
        assertEquals(
                List.of("e", "\u0301", "\ud83d\ude00", "\ud83d\ude00", "\u4e2d\u6587"),
                words("e\u0301\ud83d\ude00\ud83d\ude00 \u4e2d\u6587"));
    }

    @Test
    void findingsAreCountedFromAnEarlierWord() {
        Found found = new Found(1, 3, 2, 0.5, List.of(new Likely(2, 0.5)));
        assertEquals(new Found(8, 10, 2, 0.5, List.of(new Likely(2, 0.5))), found.after(7));
    }

    private static Entity entity(String label, double score, String text, int start, int end) {
        return new Entity(label, score, text.substring(start, end), start, end);
    }

    @Test
    void neighboursOfOneLabelAreJoined() {
        String text = "New York, City-Hall\ud83d\ude00x";
        Entity first = entity("place", 0.9, text, 0, 3);
        Entity second = entity("place", 0.7, text, 4, 8);
        Entity far = entity("place", 0.8, text, 10, 14);
        Entity next = entity("place", 0.85, text, 15, 19);
        Entity smiled = entity("place", 0.6, text, 21, 22);
        assertEquals(
                List.of(entity("place", 0.7, text, 0, 8), entity("place", 0.6, text, 10, 22)),
                WordSpans.merged(List.of(first, second, far, next, smiled), text));
    }

    @Test
    void othersStayApart() {
        String text = "New York City";
        Entity first = entity("place", 0.9, text, 0, 3);
        Entity other = entity("name", 0.7, text, 4, 8);
        Entity over = entity("name", 0.7, text, 7, 13);
        assertEquals(List.of(first, other, over), WordSpans.merged(List.of(first, other, over), text));
        Entity touching = entity("place", 0.5, text, 3, 8);
        assertEquals(List.of(entity("place", 0.5, text, 0, 8)), WordSpans.merged(List.of(first, touching), text));
        assertEquals(List.of(), WordSpans.merged(List.of(), text));
    }

    @Test
    void anEntityIsHeldByTheOneThatItWasJoinedTo() {
        String text = "New York City Hall";
        Entity name = entity("name", 0.9, text, 0, 8);
        Entity whole = entity("place", 0.7, text, 0, 8);
        Entity hall = entity("place", 0.6, text, 9, 18);
        List<Entity> merged = List.of(name, whole, hall);
        assertEquals(0, WordSpans.holding(merged, name));
        assertEquals(1, WordSpans.holding(merged, entity("place", 0.9, text, 0, 3)));
        assertEquals(1, WordSpans.holding(merged, entity("place", 0.9, text, 4, 8)));
        assertEquals(2, WordSpans.holding(merged, entity("place", 0.9, text, 9, 13)));
        for (Entity none : List.of(entity("other", 1, text, 0, 3), entity("place", 1, text, 0, 9))) {
            assertThrows(IllegalArgumentException.class, () -> WordSpans.holding(merged, none));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> WordSpans.holding(List.of(hall), entity("place", 1, text, 8, 13)));
    }
}
