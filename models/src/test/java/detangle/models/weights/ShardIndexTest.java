package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An index maps tensors to files beside it, in its own order, and nothing else in it counts. */
class ShardIndexTest {
    @TempDir
    Path folder;

    private Path index;

    @BeforeEach
    void writeShards() throws IOException {
        index = folder.resolve("model.safetensors.index.json");
        for (String name : List.of("1.safetensors", "2.safetensors", "model 1.safetensors")) {
            Files.createFile(folder.resolve(name));
        }
    }

    private Map<String, Path> read(String json) throws IOException {
        return ShardIndex.read(Files.writeString(index, json));
    }

    private void assertRefused(String message, String json) {
        WeightsException refusal = assertThrows(WeightsException.class, () -> read(json));
        assertEquals(index + ": " + message, refusal.getMessage());
    }

    @Test
    void theMapKeepsItsOrder() throws IOException {
        Map<String, Path> shards =
                read("{\"weight_map\":{\"b\":\"2.safetensors\",\"a\":\"1.safetensors\",\"c\":\"2.safetensors\"}}");
        assertEquals(List.of("b", "a", "c"), List.copyOf(shards.keySet()));
        assertEquals(folder.resolve("2.safetensors"), shards.get("b"));
        assertEquals(folder.resolve("1.safetensors"), shards.get("a"));
        assertEquals(folder.resolve("2.safetensors"), shards.get("c"));
    }

    @Test
    void onlyTheWeightMapCounts() throws IOException {
        Path shard = folder.resolve("1.safetensors");
        assertEquals(
                Map.of("a", shard),
                read(
                        "{\"metadata\":{\"weight_map\":{\"x\":\"2.safetensors\"}},\"weight_map\":{\"a\":\"1.safetensors\"},"
                                + "\"more\":[{\"weight_map\":1}]}"));
        // Of two the last counts, as in Python.
        assertEquals(
                Map.of("a", shard),
                read("{\"weight_map\":{\"x\":\"2.safetensors\"},\"weight_map\":{\"a\":\"1.safetensors\"}}"));
        assertRefused("has no weight_map", "{\"weight_map\":{\"x\":\"2.safetensors\"},\"weight_map\":{}}");
    }

    @Test
    void otherValuesInThePlaceOfTheMapAreNone() {
        assertRefused("has no weight_map", "{\"weight_map\":[{\"weight_map\":{\"a\":\"1.safetensors\"}}]}");
        assertRefused("has no weight_map", "[{\"weight_map\":{\"a\":\"1.safetensors\"}}]");
        assertRefused("has no weight_map", "7");
        assertRefused("maps 'a' to something that is not a file name", "{\"weight_map\":{\"a\":[\"1.safetensors\"]}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "..", "a/1", "/1", "a\\1", "C:1", "a\u001f1", "\n"})
    void namesThatMayLeadElsewhereAreRefused(String name) {
        String json = name.replace("\\", "\\\\").replace("\u001f", "\\u001f").replace("\n", "\\n");
        WeightsException refusal =
                assertThrows(WeightsException.class, () -> read("{\"weight_map\":{\"a\":\"" + json + "\"}}"));
        String message = refusal.getMessage();
        assertEquals(
                "a shard must be a file beside the index", message.substring(message.lastIndexOf(':') + 2), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void namesMayHaveSpaces() throws IOException {
        assertEquals(
                Map.of("a", folder.resolve("model 1.safetensors")),
                read("{\"weight_map\":{\"a\":\"model 1.safetensors\"}}"));
    }

    @Test
    void shardsAreThere() {
        assertRefused(
                "the shard 3.safetensors, which holds 'a', is missing", "{\"weight_map\":{\"a\":\"3.safetensors\"}}");
    }

    private static String map(int tensors, int shards) {
        return IntStream.range(0, tensors)
                .mapToObj(i -> "\"t" + i + "\":\"" + i % shards + "\"")
                .collect(Collectors.joining(",", "{\"weight_map\":{", "}}"));
    }

    @Test
    void shardsHaveABound() throws IOException {
        for (int i = 0; i <= 1024; i++) {
            Files.createFile(folder.resolve(Integer.toString(i)));
        }
        assertEquals(1024, read(map(1024, 1024)).size());
        assertRefused("names more than 1024 shards, which is the most", map(1025, 1025));
    }

    @Test
    void tensorsHaveABound() throws IOException {
        Files.createFile(folder.resolve("0"));
        assertEquals(65_536, read(map(65_536, 1)).size());
        assertRefused("names more than 65536 tensors, which is the most", map(65_537, 1));
    }

    @Test
    void bytesHaveABound() throws IOException {
        String map = "{\"weight_map\":{\"a\":\"1.safetensors\"}}";
        int most = 16 << 20;
        assertEquals(1, read(map + " ".repeat(most - map.length())).size());
        assertRefused("has 16777217 bytes; the most is 16777216", map + " ".repeat(most + 1 - map.length()));
    }

    @Test
    void whatStandsInItsPlaceIsSaid() {
        assertRefused("it is empty, as a download that was cut off leaves it: download the file itself", "");
    }
}
