package detangle.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizer;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.Pooling;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The routes of OpenAI's API: the documented answers with the pipeline's vectors, and errors in OpenAI's form. */
class OpenAiApiTest extends ServerTest {
    private static Map<String, Object> of(Object input) {
        return Map.of("model", "encoder", "input", input);
    }

    private static float[] vector(JsonNode embedding) {
        float[] vector = new float[embedding.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = embedding.get(i).floatValue();
        }
        return vector;
    }

    @Test
    void embeddings() {
        JsonNode answer = answered("/v1/embeddings", of(List.of(TEXT, "card")));
        assertEquals("list", answer.get("object").stringValue());
        assertEquals("encoder", answer.get("model").stringValue());
        JsonNode second = answer.at("/data/1");
        assertEquals("embedding", second.get("object").stringValue());
        assertEquals(1, second.get("index").intValue());
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            float[] expected = extractor.encode("card", Pooling.MEAN, true);
            assertArrayEquals(expected, vector(second.get("embedding")), 1e-5f);
            Tokenizer tokenizer = extractor.tokenizer();
            int tokens =
                    tokenizer.encode(TEXT).length() + tokenizer.encode("card").length();
            assertEquals(tokens, answer.at("/usage/prompt_tokens").intValue());
            assertEquals(tokens, answer.at("/usage/total_tokens").intValue());
            JsonNode base64 = answered(
                    "/v1/embeddings",
                    Map.of("model", "encoder", "input", "card", "encoding_format", "base64", "user", "me"));
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder()
                            .decode(base64.at("/data/0/embedding").stringValue()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            float[] decoded = new float[expected.length];
            bytes.asFloatBuffer().get(decoded);
            assertArrayEquals(expected, decoded, 1e-5f);
            int[] ids = tokenizer.encode("card").ids();
            assertArrayEquals(
                    expected, vector(answered("/v1/embeddings", of(ids)).at("/data/0/embedding")), 1e-5f);
            JsonNode several = answered("/v1/embeddings", of(List.of(ids, ids)));
            assertEquals(2, several.get("data").size());
        }
        JsonNode four = answered("/v1/embeddings", Map.of("model", "encoder", "input", "card", "dimensions", 4));
        float[] cut = vector(four.at("/data/0/embedding"));
        assertEquals(4, cut.length);
        assertEquals(1, Math.sqrt(cut[0] * cut[0] + cut[1] * cut[1] + cut[2] * cut[2] + cut[3] * cut[3]), 1e-5);
    }

    @Test
    void models() {
        JsonNode models = get("/v1/models").json();
        assertEquals("list", models.get("object").stringValue());
        assertEquals(3, models.get("data").size());
        assertEquals("org/reranker", models.at("/data/1/id").stringValue());
        JsonNode one = get("/v1/models/org/reranker").json();
        assertEquals("model", one.get("object").stringValue());
        assertEquals("detangle", one.get("owned_by").stringValue());
    }

    private static void refused(int status, String type, String part, Answer answer) {
        assertEquals(status, answer.status(), answer.body());
        JsonNode error = answer.json().get("error");
        assertTrue(error.get("message").stringValue().contains(part), answer.body());
        assertEquals(type, error.get("type").stringValue());
        assertTrue(error.has("param") && error.has("code"), answer.body());
    }

    @Test
    void errors() {
        String invalid = "invalid_request_error";
        String path = "/v1/embeddings";
        refused(404, invalid, "there is no model gpt", post(server, path, Map.of("model", "gpt", "input", "a")));
        refused(404, invalid, "there is no model gpt", get("/v1/models/gpt"));
        refused(422, invalid, "model is not a text", post(server, path, Map.of("input", "a")));
        refused(422, invalid, "input is not an array", post(server, path, of(7)));
        refused(422, invalid, "there are no texts", post(server, path, of(List.of())));
        refused(422, invalid, "not the id of one of the", post(server, path, of(List.of(-1))));
        refused(422, invalid, "mixes token ids", post(server, path, of(List.of(List.of(1), 7))));
        refused(422, invalid, "the text is empty", post(server, path, of("")));
        refused(
                422,
                invalid,
                "has no field 'prompt'",
                post(server, path, Map.of("model", "encoder", "input", "a", "prompt", "b")));
        refused(
                422,
                invalid,
                "encoding_format is not one of",
                post(server, path, Map.of("model", "encoder", "input", "a", "encoding_format", "hex")));
        refused(
                424,
                invalid,
                "banking is not served for feature-extraction but for text-classification",
                post(server, path, Map.of("model", "banking", "input", "a")));
        refused(404, invalid, "there is no route", post(server, "/v1/chat/completions", Map.of()));
    }
}
