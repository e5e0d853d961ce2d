package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bounds of a header hold to the byte: what is just inside is read, and one more is refused. */
class HeaderBoundsTest {
    private static final Path FILE = Path.of("model.safetensors");
    private static final int MAX_CHARACTERS = 8 << 20;

    private static SafetensorsHeader read(String json, long dataBytes) {
        return HeaderReader.read(FILE, MemorySegment.ofArray(json.getBytes(StandardCharsets.UTF_8)), dataBytes);
    }

    private static void assertRefused(String message, String json, long dataBytes) {
        WeightsException refusal = assertThrows(WeightsException.class, () -> read(json, dataBytes));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    /** Both headers are not JSON; one of them is not even looked at. */
    @Test
    void bytesOfAHeader() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(HeaderReader.MAX_HEADER_BYTES + 1);
            MemorySegment most = zeros.asSlice(0, HeaderReader.MAX_HEADER_BYTES);

            WeightsException read = assertThrows(WeightsException.class, () -> HeaderReader.read(FILE, most, 0));
            WeightsException refusal = assertThrows(WeightsException.class, () -> HeaderReader.read(FILE, zeros, 0));
            assertTrue(read.getMessage().contains("not valid JSON"), read.getMessage());
            assertEquals(
                    "model.safetensors: its header takes 100000001 bytes; the most is 100000000", refusal.getMessage());
        }
    }

    /** A type's word counts once, however many tensors have it. */
    @Test
    void charactersOfNamesTypesAndMetadata() {
        int others = "__metadata__".length() + "key".length() + "a".length() + "bc".length() + "F32".length();
        String header = """
            {"__metadata__": {"key": "%s"},
             "a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]},
             "bc": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}\
            """;
        String value = "x".repeat(MAX_CHARACTERS - others);

        assertEquals(Map.of("key", value), read(header.formatted(value), 0).metadata());
        assertRefused("have more than 8388608 characters", header.formatted(value + "x"), 0);
    }

    @Test
    void numberOfTensors() {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < HeaderReader.MAX_TENSORS; i++) {
            header.append("\"").append(i).append("\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]},");
        }
        String all = header.substring(0, header.length() - 1) + "}";
        String oneMore = header + "\"more\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]}}";

        assertEquals(HeaderReader.MAX_TENSORS, read(all, 0).entries().size());
        assertRefused("describes more than 65536 tensors", oneMore, 0);
    }

    @Test
    void numberOfAxes() {
        String header = "{\"a\":{\"dtype\":\"I8\",\"shape\":[%s],\"data_offsets\":[0,1]}}";

        assertEquals(
                32,
                read(header.formatted("1,".repeat(31) + "1"), 1)
                        .entries()
                        .getFirst()
                        .shape()
                        .length);
        assertRefused("more than 32 numbers", header.formatted("1,".repeat(32) + "1"), 1);
    }

    /** The order of names in the header is not that of the data. */
    @Test
    void dataInAnotherOrder() {
        String header = """
            {"b": {"dtype": "I8", "shape": [2], "data_offsets": [1, 3]},
             "a": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}\
            """;

        assertEquals(
                List.of("a", "b"),
                read(header, 3).entries().stream()
                        .map(SafetensorsHeader.Entry::name)
                        .toList());
    }

    @Test
    void fieldsThatOccurTwice() {
        String header = "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1],%s}}";

        assertRefused("Duplicate name \"dtype\"", header.formatted("\"dtype\":\"I8\""), 1);
        assertRefused("Duplicate name \"shape\"", header.formatted("\"shape\":[1]"), 1);
        assertRefused("Duplicate name \"data_offsets\"", header.formatted("\"data_offsets\":[0,1]"), 1);
    }

    @Test
    void bytesOfATensorThatBeginsLater() {
        assertRefused(
                "tensor 'a' has 3 bytes; its type and shape take 4",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,5]}}",
                5);
    }
}
