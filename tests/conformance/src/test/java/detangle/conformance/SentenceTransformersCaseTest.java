package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.Pooling;
import detangle.server.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Case 05: modules.json, 1_Pooling/config.json and sentence_bert_config.json count, for the command and the server
 * alike.
 */
class SentenceTransformersCaseTest {
    private static final String TEXT = "Where is my new card?";
    private static final double TOLERANCE = 5e-5;
    private static final double[] CLS = {-0.0686, 0.0294, -0.26, -0.1352};
    private static final double[] CUT = {-0.1315, -0.1589, -0.2919, -0.063};
    private static final double[] MEAN = {-0.0630, 0.0621, -0.1027, -0.4351};

    private final CaseFolder folder = CaseFolder.of("05-sentence-transformers");

    private Result byCommand(String... options) {
        List<String> arguments = new ArrayList<>(List.of("feature-extraction", "--model", "st-cls", "--normalize"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--format", "json", TEXT));
        Result result = folder.run(arguments.toArray(String[]::new));
        assertEquals(0, result.status(), result.err());
        return result;
    }

    private static void assertVector(double[] expected, JsonNode vectors) {
        assertEquals(16, vectors.get(0).size());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], vectors.get(0).get(i).doubleValue(), TOLERANCE);
        }
    }

    private static JsonNode json(Result result) {
        return JsonMapper.shared().readTree(result.out());
    }

    @Test
    void theCommandReadsTheFolder() {
        Result whole = byCommand();
        assertVector(CLS, json(whole));
        assertEquals(1, whole.messages().size(), whole.err());
        assertTrue(whole.err().contains("cuts to 4 (max_seq_length of sentence_bert_config.json)"), whole.err());
        assertVector(CUT, json(byCommand("--truncation")));
        Result longer = byCommand("--max-length", "512");
        assertVector(CLS, json(longer));
        assertTrue(longer.messages().isEmpty(), longer.err());
        assertVector(MEAN, json(byCommand("--pooling", "mean", "--max-length", "512")));
    }

    @Test
    void theServerReadsTheFolder() {
        try (CaseServer server = CaseServer.of(folder.path().resolve("st-cls"), ServerOptions.DEFAULT)) {
            assertVector(CLS, server.post("/embed", Map.of("inputs", TEXT)));
            assertVector(CUT, server.post("/embed", Map.of("inputs", TEXT, "truncate", true)));
            JsonNode info = server.get("/info");
            assertEquals("cls", info.at("/model_type/embedding/pooling").stringValue());
            assertEquals(4, info.get("max_input_length").intValue());
        }
        ServerOptions mean = ServerOptions.DEFAULT.withEmbedding(EmbeddingOptions.DEFAULT.withPooling(Pooling.MEAN));
        try (CaseServer server = CaseServer.of(folder.path().resolve("st-cls"), mean)) {
            assertVector(MEAN, server.post("/embed", Map.of("inputs", TEXT)));
            assertEquals(
                    "mean",
                    server.get("/info").at("/model_type/embedding/pooling").stringValue());
        }
    }
}
