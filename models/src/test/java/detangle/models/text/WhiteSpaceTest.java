package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against the property that the JDK's regular expressions know. */
class WhiteSpaceTest {
    @Test
    void isThePropertyOfUnicodeAndTheSeparators() {
        Pattern space = Pattern.compile("[\\p{IsWhite_Space}\\x1c-\\x1f]");
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            assertEquals(space.matcher(Character.toString(c)).matches(), WhiteSpace.is(c), Integer.toHexString(c));
        }
    }

    @Test
    void textsAreStrippedOfAllOfIt() {
        assertEquals("a\u00a0b", WhiteSpace.strip("\u00a0\u3000 a\u00a0b\u2028\t"));
        assertEquals("", WhiteSpace.strip("\u00a0\n"));
        assertTrue(WhiteSpace.isBlank("\u00a0\u2009"));
        assertFalse(WhiteSpace.isBlank("\u200b"));
    }
}
