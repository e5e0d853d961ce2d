package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Open Inference Protocol, with tensors in JSON and in binary. */
class OpenInferenceApiTest extends ServerTest {
    /** A message of the binary extension: JSON, and what follows it. */
    private static HttpResponse<byte[]> binary(Object json, byte[] tensors, int surplus)
            throws IOException, InterruptedException {
        byte[] head = JsonMapper.shared().writeValueAsBytes(json);
        ByteBuffer body = ByteBuffer.allocate(head.length + tensors.length);
        return CLIENT.send(
                request(server, "/v2/models/banking/versions/1/infer")
                        .header("Inference-Header-Content-Length", Integer.toString(head.length + surplus))
                        .POST(BodyPublishers.ofByteArray(
                                body.put(head).put(tensors).array()))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    private static byte[] bytes(String... texts) {
        ByteBuffer bytes = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
        for (String text : texts) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            bytes.putInt(utf8.length).put(utf8);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    @Test
    void openInferenceProtocol() {
        assertEquals("detangle", get("/v2").json().get("name").stringValue());
        assertTrue(get("/v2/health/ready").json().get("ready").booleanValue());
        assertTrue(get("/v2/models/org/reranker/ready").json().get("ready").booleanValue());
        JsonNode metadata = get("/v2/models/banking").json();
        assertEquals("text", metadata.get("inputs").get(0).get("name").stringValue());
        JsonNode answer = answered(
                "/v2/models/banking/infer",
                Map.of(
                        "id",
                        "7",
                        "inputs",
                        List.of(Map.of(
                                "name", "text", "shape", List.of(1), "datatype", "BYTES", "data", List.of(TEXT)))));
        assertEquals("7", answer.get("id").stringValue());
        assertEquals(
                "card_arrival", answer.get("outputs").get(0).get("data").get(0).stringValue());
        assertEquals(77, answer.get("outputs").get(2).get("data").size());
        refused(404, "there are banking, org/reranker, encoder", get("/v2/models/nobody"));
        assertTrue(
                get("/v2/models/banking/versions/1/ready").json().get("ready").booleanValue());
    }

    @Test
    void tensorsMayBeBinary() throws IOException, InterruptedException {
        byte[] texts = bytes(TEXT, "Où est ma carte ?");
        Map<String, Object> text = Map.of(
                "name",
                "text",
                "shape",
                List.of(2, 1),
                "datatype",
                "BYTES",
                "parameters",
                Map.of("binary_data_size", texts.length));
        Map<String, Object> asked = Map.of(
                "inputs",
                List.of(text),
                "outputs",
                List.of(
                        Map.of("name", "scores", "parameters", Map.of("binary_data", true)),
                        Map.of("name", "label", "parameters", Map.of("binary_data", false))));
        HttpResponse<byte[]> answer = binary(asked, texts, 0);
        assertEquals(200, answer.statusCode(), new String(answer.body(), StandardCharsets.UTF_8));
        int length = Integer.parseInt(
                answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
        JsonNode outputs = JsonMapper.shared()
                .readTree(Arrays.copyOf(answer.body(), length))
                .get("outputs");
        assertEquals(2, outputs.size());
        assertEquals(
                2 * 77 * 4,
                outputs.get(0).get("parameters").get("binary_data_size").intValue());
        assertEquals("card_arrival", outputs.get(1).get("data").get(0).stringValue());
        assertEquals(length + 2 * 77 * 4, answer.body().length);
        JsonNode plain = answered(
                        "/v2/models/banking/infer",
                        Map.of(
                                "inputs",
                                List.of(Map.of(
                                        "name",
                                        "text",
                                        "shape",
                                        List.of(2),
                                        "datatype",
                                        "BYTES",
                                        "data",
                                        List.of(TEXT, "Où est ma carte ?")))))
                .get("outputs")
                .get(2)
                .get("data");
        ByteBuffer scores = ByteBuffer.wrap(answer.body(), length, 2 * 77 * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 2 * 77; i++) {
            assertEquals(plain.get(i).floatValue(), scores.getFloat(), 1e-5f);
        }

        HttpResponse<byte[]> all =
                binary(Map.of("inputs", List.of(text), "parameters", Map.of("binary_data_output", true)), texts, 0);
        assertEquals(200, all.statusCode());
        String tail = new String(all.body(), StandardCharsets.UTF_8);
        assertTrue(tail.contains("card_arrival"), tail);

        // What does not add up is refused.
        byte[] less = Arrays.copyOf(texts, texts.length - 1);
        byte[] more = Arrays.copyOf(texts, texts.length + 1);
        byte[] wrong = texts.clone();
        wrong[1] = 1; // A first text of more than 256 bytes.
        for (HttpResponse<byte[]> bad : List.of(
                binary(asked, less, 0), binary(asked, more, 0), binary(asked, wrong, 0), binary(asked, texts, 5000))) {
            assertEquals(400, bad.statusCode(), new String(bad.body(), StandardCharsets.UTF_8));
        }
        refused(
                422,
                "there is no output logits; there are label, score, scores",
                post(
                        server,
                        "/v2/models/banking/infer",
                        Map.of(
                                "inputs",
                                List.of(Map.of(
                                        "name",
                                        "text",
                                        "shape",
                                        List.of(1),
                                        "datatype",
                                        "BYTES",
                                        "data",
                                        List.of("a"))),
                                "outputs",
                                List.of(Map.of("name", "logits")))));
    }

    /** A window tells its place, for which there is no tensor; and the tensor of scores has those of all labels. */
    @Test
    void windowsAreToldAsJson() {
        Map<String, Object> text =
                Map.of("name", "text", "shape", List.of(1), "datatype", "BYTES", "data", List.of(TEXT.repeat(60)));
        Map<String, Object> asked = Map.of("inputs", List.of(text), "parameters", Map.of("stride", 64));
        JsonNode answer = answered("/v2/models/banking/infer", asked);
        assertEquals("output", answer.at("/outputs/0/name").stringValue());
        assertEquals(
                answered("/models/banking", Map.of("inputs", TEXT.repeat(60), "stride", 64))
                        .get(0),
                JsonMapper.shared().readTree(answer.at("/outputs/0/data/0").stringValue()));
        refused(
                422,
                "text-classification by tensors has no field 'top_k'",
                post(
                        server,
                        "/v2/models/banking/infer",
                        Map.of("inputs", List.of(text), "parameters", Map.of("top_k", 2))));
    }
}
