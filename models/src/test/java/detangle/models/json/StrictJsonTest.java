package detangle.models.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.json.StrictJson.InvalidJson;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** JSON is read as the RFC has it, as a tree or as tokens, and faults are told with their place. */
class StrictJsonTest {
    private static final int MAX_VALUES = 1 << 17;

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static JsonNode tree(String text) throws InvalidJson {
        return StrictJson.parse(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static JsonNode streamed(byte[] bytes) throws InvalidJson {
        return JsonStream.read(MemorySegment.ofArray(bytes), StrictJson::tree);
    }

    @Test
    void valuesAreThoseOfTheText() throws InvalidJson {
        JsonNode root = tree(
                "{\"a\":[1,-7,4000000000,123456789012345678901234567890,1.5,true,false,null,\"\u00e9\"],\"b\":{}}");
        JsonNode a = root.path("a");
        assertEquals(9, a.size());
        assertEquals(1, a.path(0).intValue());
        assertTrue(a.path(0).isInt());
        assertEquals(-7, a.path(1).intValue());
        assertEquals(4_000_000_000L, a.path(2).longValue());
        assertTrue(a.path(2).isLong());
        assertEquals(new BigInteger("123456789012345678901234567890"), a.path(3).bigIntegerValue());
        assertEquals(1.5, a.path(4).doubleValue());
        assertEquals("1.5", a.path(4).toString());
        assertTrue(a.path(5).booleanValue());
        assertTrue(!a.path(6).booleanValue() && a.path(6).isBoolean());
        assertTrue(a.path(7).isNull());
        assertEquals("\u00e9", a.path(8).stringValue());
        assertTrue(root.path("b").isObject() && root.path("b").isEmpty());
    }

    @Test
    void numbersBeyondDoublePrecisionAreShownAsTheyAreWritten() throws InvalidJson {
        JsonNode number = tree("[1e400]").path(0);
        assertEquals(Double.POSITIVE_INFINITY, number.doubleValue());
        assertEquals("1e400", number.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | not JSON: empty",
                "' ' | not JSON: empty",
                "'{} {}' | not valid JSON: something follows its end",
                "'[1' | 'not valid JSON: it ends too early (line 1, column 3)'",
                "'{\"a\":1,\"a\":2}' | 'not valid JSON: Duplicate name \"a\" (line 1, column 8)'",
                "'{\"a\":{\"b\":1,\"b\":2}}' | 'not valid JSON: Duplicate name \"b\" (line 1, column 13)'",
                "'{\"a\":NaN}' | 'not valid JSON (line 1, column 9)'",
            })
    void faultsAreTold(String text, String message) {
        assertEquals(message, assertThrows(InvalidJson.class, () -> tree(text)).getMessage());
    }

    @Test
    void bytesMustBeUtf8() throws InvalidJson {
        byte[] damaged = latin("\"\u00e9\"");
        assertEquals(
                "not valid UTF-8",
                assertThrows(InvalidJson.class, () -> StrictJson.parse(ByteBuffer.wrap(damaged)))
                        .getMessage());
        assertEquals(
                "not valid UTF-8",
                assertThrows(InvalidJson.class, () -> streamed(damaged)).getMessage());
        ByteBuffer part = ByteBuffer.wrap(latin("xx[1]")).position(2);
        assertEquals(1, StrictJson.parse(part).size());
        assertEquals(2, part.position());
    }

    @Test
    void depthAndNumberOfValuesAreBounded() throws InvalidJson {
        String values = "[" + "1,".repeat(MAX_VALUES - 2) + "1]";
        assertEquals(MAX_VALUES - 1, tree(values).size());
        InvalidJson many = assertThrows(InvalidJson.class, () -> tree("[" + "1,".repeat(MAX_VALUES - 1) + "1]"));
        assertTrue(
                many.getMessage()
                        .startsWith(
                                "it has more than 131072 JSON values, which is the most that is read (line 1, column "),
                many.getMessage());
        InvalidJson deep = assertThrows(InvalidJson.class, () -> tree("[".repeat(2000)));
        assertTrue(
                deep.getMessage().startsWith("not valid JSON: it is nested too deeply, or a value in it is too long"),
                deep.getMessage());
    }

    @Test
    void streamsAreAsStrict() throws InvalidJson {
        assertEquals(
                "[1,\"\u00e9\"]",
                streamed("[1,\"\u00e9\"]".getBytes(StandardCharsets.UTF_8)).toString());
        // The last of two values of one name counts. A reader that wants to refuse doubled names checks them itself.
        assertEquals("{\"a\":2}", streamed(latin("{\"a\":1,\"a\":2}")).toString());
        assertFault("not JSON: empty", "");
        assertFault("not valid JSON: something follows its end", "1 2");
        assertFault("not valid JSON: it ends too early (line 1, column 3)", "[1");
        String bounds =
                "not valid JSON: it is nested too deeply, or has too many or too long values; the most are 4000000"
                        + " tokens, 100 levels, names of 65536 characters, texts of 8388608 and numbers of 1000 digits";
        assertFault(bounds, "[".repeat(101) + "]".repeat(101));
        assertEquals(1, streamed(latin("[".repeat(100) + "]".repeat(100))).size());
        assertFault(bounds, "{\"" + "n".repeat((1 << 16) + 1) + "\":1}");
        assertFault(bounds, "[" + "1".repeat(1001) + "]");
    }

    /** A file is read in parts. */
    @Test
    void longTextsAreReadToTheirEnd() throws InvalidJson {
        String text = "x".repeat(100_000);
        assertEquals(text, streamed(latin("\"" + text + "\"")).stringValue());
    }

    private static void assertFault(String message, String text) {
        assertEquals(
                message,
                assertThrows(InvalidJson.class, () -> streamed(latin(text))).getMessage());
    }
}
