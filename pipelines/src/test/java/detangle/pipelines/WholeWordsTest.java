package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** An entity grows to the ends of its words. */
class WholeWordsTest {
    private static void assertAround(String expected, String text, String part) {
        int start = text.indexOf(part);
        Entity entity = new Entity("name", 0.5, part, start, start + part.length());
        Entity whole = WholeWords.around(text, entity);
        int from = text.indexOf(expected);
        assertEquals(new Entity("name", 0.5, expected, from, from + expected.length()), whole);
        if (expected.equals(part)) {
            assertSame(entity, whole);
        }
    }

    @Test
    void lettersAndDigitsBesideItBelongToIt() {
        assertAround("Annabel2", "Annabel2's house", "nna");
        assertAround("Annabel", "Annabel", "nnabe");
        assertAround("my house", "at my house.", "y hous");
        assertAround("house", "at my house.", "house");
    }

    @Test
    void marksBelongToTheirLetters() {
        assertAround("e\u0301te\u0301", "(e\u0301te\u0301)", "t");
        assertAround("\ud835\udc00\ud835\udc01\ud835\udc02", " \ud835\udc00\ud835\udc01\ud835\udc02 ", "\ud835\udc01");
    }

    @Test
    void scriptsWithoutSpacesSayNothing() {
        assertAround("\u4eac", "\u6771\u4eac\u90fd", "\u4eac");
        assertAround("\u30a2", "\u30a2\u3044", "\u30a2");
    }

    /** An entity may begin or end at any place, also where there is no text. */
    @Test
    void theEndsOfTheTextAreEnds() {
        Entity empty = new Entity("name", 0.5, "", 0, 0);
        assertSame(empty, WholeWords.around("word", empty));
        Entity end = new Entity("name", 0.5, "", 4, 4);
        assertSame(end, WholeWords.around("word", end));
        Entity all = new Entity("name", 0.5, "word", 0, 4);
        assertSame(all, WholeWords.around("word", all));
    }
}
