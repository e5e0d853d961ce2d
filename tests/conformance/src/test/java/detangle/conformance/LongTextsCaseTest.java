package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import detangle.ir.Tensor;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.server.ServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Case 24: a model without absolute positions takes texts of any length on request, and heeds lengths that files state.
 */
class LongTextsCaseTest {
    private static final String TEXT = "card ".repeat(600);
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path copy;

    private final CaseFolder folder = CaseFolder.of("24-longer-than-512");

    private final Path model = folder.path().resolve("long");

    private Map<String, Double> logits() {
        Encoding encoding = Tokenizers.load(model).encode(TEXT);
        assertEquals(602, encoding.length());
        long[] ids = Arrays.stream(encoding.ids()).asLongStream().toArray();
        long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        Map<String, Double> logits = new HashMap<>();
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withBackend("reference"))) {
            Tensor all = session.run(Map.of(
                            "input_ids",
                            Tensor.of(ids, 1, ids.length),
                            "attention_mask",
                            Tensor.of(mask, 1, ids.length)))
                    .get("logits");
            for (int i = 0; i < 3; i++) {
                logits.put(List.of("a", "b", "c").get(i), all.getDouble(i));
            }
        }
        return logits;
    }

    private static void assertSame(Map<String, Double> expected, JsonNode labels) {
        assertEquals(3, labels.size());
        labels.forEach(l -> assertEquals(
                expected.get(l.get("label").stringValue()), l.get("score").doubleValue(), TOLERANCE));
    }

    @Test
    void anyLengthIsTakenOnRequest() {
        Path output = copy.resolve("long.safetensors");
        assertEquals(
                0,
                folder.run("run", "long", "--inputs", "long.json", "--output", output.toString())
                        .status());
        try (Weights states = Weights.open(output)) {
            assertEquals(702, states.get("x.hidden_states.0").dim(1));
        }
        folder.fails(
                1,
                "the text has 602 tokens, and the model takes 512 (max_position_embeddings of config.json)",
                "classify",
                "--model",
                "long",
                TEXT);
        Map<String, Double> expected = logits();
        Result classified = folder.run(
                "classify",
                "--model=long",
                "--max-length=1680",
                "--function-to-apply=none",
                "--top-k=3",
                "--format=json",
                TEXT);
        assertEquals(0, classified.status(), classified.err());
        assertTrue(classified.messages().isEmpty(), classified.err());
        assertSame(expected, JsonMapper.shared().readTree(classified.out()).get(0));
        ServerOptions options = ServerOptions.DEFAULT.withMaxLength(1680);
        try (CaseServer server = CaseServer.of(model, options)) {
            assertSame(expected, server.post("/predict", Map.of("inputs", TEXT, "raw_scores", true)));
            assertEquals(1680, server.get("/info").get("max_input_length").intValue());
        }
    }

    @Test
    void lengthsThatFilesStateAreHeeded() throws Exception {
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.copy(model.resolve(name), copy.resolve(name));
        }
        Files.writeString(copy.resolve("tokenizer_config.json"), "{\"model_max_length\":64}");
        folder.fails(
                1,
                "takes 64 (model_max_length of tokenizer_config.json)",
                "classify",
                "--model",
                copy.toString(),
                TEXT);
        Files.writeString(copy.resolve("sentence_bert_config.json"), "{\"max_seq_length\":32,\"do_lower_case\":false}");
        Result cut = folder.run("classify", "--model", copy.toString(), "--truncation", TEXT);
        assertEquals(0, cut.status(), cut.err());
        assertFalse(cut.out().isEmpty());
        assertTrue(
                cut.err().contains("takes 32 (max_seq_length of sentence_bert_config.json): 570 are cut"), cut.err());
        try (CaseServer server = CaseServer.of(copy, ServerOptions.DEFAULT)) {
            assertEquals(32, server.get("/info").get("max_input_length").intValue());
        }
    }
}
