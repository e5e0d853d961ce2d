package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OneLineTest {
    @Test
    void ordinaryTextStaysAsItIs() {
        for (String text :
                new String[] {"", "model/config.json: 'größe' is 3", "中文 😀 👩‍💻", "می‌خواهم", "C:\\models\\new"}) {
            assertEquals(text, OneLine.of(text));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x0a,\\n",
        "0x0d,\\r",
        "0x09,\\t",
        "0x1b,\\u001b",
        "0x00,\\u0000",
        "0x85,\\u0085",
        "0x2028,\\u2028",
        "0x2029,\\u2029",
        "0x202e,\\u202e",
        "0x2066,\\u2066",
        "0xfeff,\\ufeff",
        "0x200b,\\u200b",
        "0xd800,\\ud800",
        "0xdc00,\\udc00",
        "0xe0041,\\udb40\\udc41"
    })
    void whatIsNotSeenIsEscaped(String codePoint, String escaped) {
        assertEquals("a" + escaped + "b", OneLine.of("a" + Character.toString(Integer.decode(codePoint)) + "b"));
    }

    @Test
    void aLongTextKeepsItsFileAndItsFault() {
        String line = OneLine.of("model.bin: tensor '" + "x".repeat(100_000_000) + "' is absent");
        assertTrue(line.length() <= OneLine.MAX_LENGTH);
        assertTrue(line.startsWith("model.bin: tensor 'xxx") && line.endsWith("xxx' is absent"), line);
        assertTrue(OneLine.of("\n".repeat(10_000)).length() <= OneLine.MAX_LENGTH);
    }

    @Test
    void aCutInsideACharacterLeavesNoHalf() {
        for (String first : new String[] {"", "x", "\n", "x\n", "\n\n", "x\n\n"}) {
            for (int count : new int[] {998, 999, 2000}) {
                // What is escaped makes the line longer, so that it may be cut once more.
                String line = OneLine.of(first + "😀".repeat(count) + "y".repeat(4));
                assertTrue(line.length() <= OneLine.MAX_LENGTH);
                assertTrue(line.chars().noneMatch(c -> Character.isISOControl(c)));
                assertTrue(line.codePoints().noneMatch(c -> Character.getType(c) == Character.SURROGATE), line);
                assertTrue(!line.contains("\\ud83d") && !line.contains("\\ude00"), line);
            }
        }
    }

    @Test
    void exceptionsSayOneLine() {
        assertEquals("a\\nb", new InternalException("a\nb").getMessage());
        assertEquals("null", new InternalException(null).getMessage());
    }
}
