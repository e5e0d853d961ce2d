package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The bench times requests of drawn lengths, beside busy processes; the numbers of so short a run mean nothing. */
class BenchTrafficTest {
    private static final String MODEL = "models/pretrained/banking77-small";

    @TempDir
    Path folder;

    @Test
    void requestsAreTimedOneByOneAndTogether() throws IOException {
        Path json = folder.resolve("traffic.json");
        Path page = folder.resolve("traffic.html");
        Result result = DetangleProcess.java(
                Launch.MODULE_PATH,
                "bench",
                MODEL,
                "--traffic",
                "uniform:4-9",
                "--requests",
                "12",
                "--max-batch-requests",
                "3",
                "--seed",
                "5",
                "--busy",
                "1",
                "--duration",
                "0",
                "--warmup",
                "1",
                "-o",
                json.toString(),
                "-o",
                page.toString());
        assertEquals(0, result.status(), result.err());
        JsonNode results = new JsonMapper().readTree(json.toFile()).path("results");
        assertEquals(2, results.size(), results.toString());
        for (JsonNode line : results) {
            assertEquals("banking77-small", line.path("model").asString());
            assertEquals("4 to 9", line.path("lengths").asString());
            assertEquals(12, line.path("requests").asInt());
            assertEquals(1, line.path("busy").asInt());
            assertTrue(line.has("clean"), line.toString());
            for (String key : new String[] {"ms_per_token", "p50_ms", "p90_ms", "p99_ms", "tokens_per_s"}) {
                assertTrue(line.path("own").path(key).asDouble() > 0, key + " in " + line);
            }
        }
        assertEquals(1, results.path(0).path("max_batch").asInt());
        assertEquals(3, results.path(1).path("max_batch").asInt());
        JsonNode lengths = results.path(0).path("own").path("by_length");
        assertTrue(lengths.size() > 1, results.toString());
        for (JsonNode length : lengths) {
            assertTrue(
                    length.path("length").asInt() >= 4 && length.path("length").asInt() <= 9, lengths.toString());
            assertTrue(length.path("ms").asDouble() > 0, lengths.toString());
        }
        String html = Files.readString(page);
        assertTrue(html.contains("\"by_length\":[{\"length\":"), "the chart by length has no data");
    }
}
