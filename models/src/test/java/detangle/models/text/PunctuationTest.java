package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against the category of Unicode that the JDK's regular expressions know. */
class PunctuationTest {
    @Test
    void isThatOfUnicodeAndAllSignsOfAscii() {
        Pattern mark = Pattern.compile("[\\p{P}\\p{Punct}]");
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            assertEquals(mark.matcher(Character.toString(c)).matches(), Punctuation.is(c), Integer.toHexString(c));
        }
    }
}
