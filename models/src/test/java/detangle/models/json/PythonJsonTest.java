package detangle.models.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.json.StrictJson.InvalidJson;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class PythonJsonTest {
    private static JsonNode python(String text) throws InvalidJson {
        return PythonJson.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void numbersThatAreNone() throws InvalidJson {
        JsonNode numbers = python("[NaN,Infinity,-Infinity,1e999,-0.0]");
        assertTrue(Double.isNaN(numbers.get(0).doubleValue()));
        assertEquals(Double.POSITIVE_INFINITY, numbers.get(1).doubleValue());
        assertEquals(Double.NEGATIVE_INFINITY, numbers.get(2).doubleValue());
        assertEquals(Double.POSITIVE_INFINITY, numbers.get(3).doubleValue());
        assertEquals(
                "1".repeat(2_000), python("[" + "1".repeat(2_000) + "]").get(0).asString());
    }

    @Test
    void theLastOfTwoCounts() throws InvalidJson {
        assertEquals(2, python("{\"a\":1,\"b\":0,\"a\":2}").get("a").intValue());
    }

    /** Every value of a tree is an object of its own: a file of some megabytes would take a hundred times its size. */
    @Test
    void treesHaveABound() throws InvalidJson {
        String more = "[" + "[],".repeat((1 << 17) - 1) + "[]]";
        InvalidJson fault = assertThrows(InvalidJson.class, () -> python(more));
        assertTrue(
                fault.getMessage()
                        .startsWith("it has more than 131072 JSON values, which is the most that is read (line 1,"),
                fault.getMessage());
        assertEquals(
                (1 << 17) - 1, python("[" + "0,".repeat((1 << 17) - 2) + "0]").size());
    }

    @Test
    void aByteOrderMarkIsNoPartOfIt() throws InvalidJson {
        assertEquals(1, python("\uFEFF{\"a\":1}").get("a").intValue());
        assertThrows(InvalidJson.class, () -> python("\uFEFF\uFEFF{}"));
    }

    /** No word of a library's, and where it is. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": | not valid JSON: it ends too early (line 1, column",
                "{\"a\":nan} | not valid JSON (line 1, column",
                "{'a':1} | not valid JSON (line 1, column 2)",
                "{\"a\":1,} | not valid JSON (line 1, column",
                "[1] 2 | not valid JSON: something follows its end",
                "/* a */ {} | not valid JSON (line 1, column",
            })
    void faultsAreInOurWords(String text, String message) {
        InvalidJson fault = assertThrows(InvalidJson.class, () -> python(text));
        assertTrue(fault.getMessage().startsWith(message), fault.getMessage());
        assertTrue(
                fault.getMessage().lines().count() == 1
                        && !fault.getMessage().contains("JsonReadFeature")
                        && !fault.getMessage().contains("Source"),
                fault.getMessage());
    }

    @Test
    void whatIsTooDeepOrTooLongIsTold() {
        InvalidJson fault = assertThrows(InvalidJson.class, () -> python("[".repeat(10_000)));
        assertTrue(fault.getMessage().contains("nested too deeply, or a value in it is too long"), fault.getMessage());
    }

    @Test
    void strictJsonTakesNoneOfThis() {
        for (String text : new String[] {"[NaN]", "{\"a\":1,\"a\":2}", "\uFEFF{}"}) {
            InvalidJson fault = assertThrows(
                    InvalidJson.class, () -> StrictJson.parse(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
            assertTrue(fault.getMessage().startsWith("not valid JSON"), fault.getMessage());
        }
    }

    @Test
    void wholeNumbersOfAnySizeAreNumbers() throws InvalidJson {
        JsonNode numbers = python("[7,1" + "0".repeat(30) + ",1" + "0".repeat(400) + ",2.5]");
        assertEquals(7, PythonJson.number(numbers.path(0)));
        assertEquals(1e30, PythonJson.number(numbers.path(1)));
        assertEquals(Double.POSITIVE_INFINITY, PythonJson.number(numbers.path(2)));
        assertEquals(2.5, PythonJson.number(numbers.path(3)));
    }

    @Test
    void tokensAreReadBehindTheMark() throws InvalidJson {
        byte[] marked = "\uFEFF[NaN]".getBytes(StandardCharsets.UTF_8);
        JsonNode read = PythonJson.read(marked, StrictJson::tree);
        assertEquals(Double.NaN, read.path(0).doubleValue());
        InvalidJson fault = assertThrows(
                InvalidJson.class,
                () -> PythonJson.read("[".repeat(10_000).getBytes(StandardCharsets.UTF_8), StrictJson::tree));
        assertTrue(fault.getMessage().contains("the most are 500 levels, names of"), fault.getMessage());
        assertEquals(
                0,
                PythonJson.withoutMark("\uFEFF".getBytes(StandardCharsets.UTF_8))
                        .remaining());
        assertEquals(2, PythonJson.withoutMark(new byte[2]).remaining());
    }
}
