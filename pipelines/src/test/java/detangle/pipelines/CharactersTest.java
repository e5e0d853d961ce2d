package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Characters.Span;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CharactersTest {
    /** Space, tab, the ends of lines, and spaces that do not break or that Java does not count. */
    @ParameterizedTest
    @ValueSource(
            chars = {
                ' ', '\t', '\n', '\r', '\u0085', '\u00a0', '\u1680', '\u2007', '\u2009', '\u2028', '\u2029', '\u202f',
                '\u205f', '\u3000'
            })
    void wordsEndAtAnyWhiteSpace(char space) {
        Characters text = new Characters("\ud83d\ude00y" + space + "card");
        assertTrue(text.isAtSpace(0));
        assertFalse(text.isAtSpace(1));
        assertTrue(text.isAtSpace(2), "at the space");
        assertTrue(text.isAtSpace(3), "behind it");
        assertFalse(text.isAtSpace(4));
        assertEquals(new Span("card", 4, 8), text.span(2, 7));
        assertEquals(new Span("\ud83d\ude00y", 0, 3), text.span(0, 3));
        assertEquals(new Span("", 4, 4), text.span(2, 3));
    }
}
