package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** Halves of characters that stand alone are replaced, and nothing else is. */
class WellFormedTest {
    @Test
    void wholeCharactersStay() {
        for (String text : new String[] {"", "a", "\ud83d\ude00", "a\ud83d\ude00b\ud7ff\ue000\uffff"}) {
            assertSame(text, WellFormed.text(text));
        }
    }

    @Test
    void halvesAreReplaced() {
        assertEquals("\ufffd", WellFormed.text("\ud800"));
        assertEquals("\ufffd", WellFormed.text("\udfff"));
        assertEquals("a\ufffdb", WellFormed.text("a\ud83db"));
        assertEquals("\ufffd\ud83d\ude00\ufffdx", WellFormed.text("\ude00\ud83d\ude00\ud83dx"));
        assertEquals("\ufffd\ufffd", WellFormed.text("\ude00\ud83d"));
    }
}
