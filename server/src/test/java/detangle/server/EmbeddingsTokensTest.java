package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.FeatureExtractor;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Tokens in the routes of text-embeddings-inference: what they are of, their texts, and their states. */
class EmbeddingsTokensTest extends ServerTest {
    /** As text-embeddings-inference tells them: the parts of the text, with places in bytes of UTF-8. */
    @Test
    void tokensAreParts() {
        JsonNode tokens = answered("/tokenize", Map.of("inputs", "hi there")).get(0);
        assertEquals(
                List.of("[CLS]", "h", "i", " there", "[SEP]"),
                tokens.valueStream().map(t -> t.get("text").stringValue()).toList());
        assertEquals(
                "[null,0,1,2,null] [null,1,2,8,null]",
                tokens.valueStream()
                                .map(t -> t.get("start"))
                                .toList()
                                .toString()
                                .replace(" ", "")
                        + " "
                        + tokens.valueStream()
                                .map(t -> t.get("stop"))
                                .toList()
                                .toString()
                                .replace(" ", ""));
        String text = "Straße \uD83D\uDE00 日本";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (JsonNode token : answered("/tokenize", Map.of("inputs", text, "add_special_tokens", false))
                .get(0)) {
            int start = token.get("start").intValue();
            int stop = token.get("stop").intValue();
            assertEquals(
                    new String(bytes, start, stop - start, StandardCharsets.UTF_8),
                    token.get("text").stringValue());
        }
        refused(
                422,
                "prompt_name goes with a model that makes vectors",
                post(server, "/tokenize", Map.of("inputs", "a", "prompt_name", "query")));
    }

    @Test
    void idsBecomeTexts() {
        List<Integer> ids = answered("/tokenize", Map.of("inputs", TEXT))
                .get(0)
                .valueStream()
                .map(t -> t.get("id").intValue())
                .toList();
        assertEquals(TEXT, answered("/decode", Map.of("ids", ids)).get(0).stringValue());
        JsonNode whole = answered("/decode", Map.of("ids", List.of(ids, ids), "skip_special_tokens", false));
        assertEquals(2, whole.size());
        assertTrue(whole.get(1).stringValue().startsWith("[CLS]"), whole.toString());
        refused(422, "not the id of one of the", post(server, "/decode", Map.of("ids", List.of(1_000_000))));
        refused(422, "ids is not an array", post(server, "/decode", Map.of("ids", "a")));
        refused(422, "has no field 'inputs'", post(server, "/decode", Map.of("inputs", "a")));
    }

    @Test
    void statesAreThoseOfThePipeline() {
        JsonNode states = answered("/embed_all", Map.of("inputs", TEXT)).get(0);
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            float[][] expected = extractor.tokens(TEXT);
            assertEquals(expected.length, states.size());
            for (int token = 0; token < expected.length; token++) {
                for (int i = 0; i < expected[token].length; i++) {
                    assertEquals(expected[token][i], states.get(token).get(i).floatValue(), 1e-5f);
                }
            }
        }
        refused(422, "has no field 'normalize'", post(server, "/embed_all", Map.of("inputs", TEXT, "normalize", true)));
    }

    /** A model of answers or entities is not one of vectors, whatever route asks first. */
    @Test
    void noModelBecomesOneOfVectorsUnasked() throws IOException {
        Path tags = TinyModel.write(folder.resolve("tags"), "ForTokenClassification", List.of("O", "B-X"));
        try (InferenceServer entities = InferenceServer.start(new LinkedHashMap<>(Map.of("tags", tags)), options())) {
            refused(
                    424,
                    "tags is not served for feature-extraction but for token-classification",
                    post(entities, "/embed", Map.of("inputs", TEXT)));
            assertEquals(200, post(entities, "/", Map.of("inputs", TEXT)).status());
        }
    }
}
