package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.OneLine;
import detangle.server.RawClient.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Bytes that somebody may send, and how they are answered.
 *
 * @param statuses of all answers, in order
 * @param part of the last answer's error; empty for whatever it says
 */
record Probe(String name, byte[] request, List<Integer> statuses, String part) {
    /** Bytes as they are, each character one of them. */
    static Probe raw(String name, String request, String part, Integer... statuses) {
        return new Probe(name, request.getBytes(StandardCharsets.ISO_8859_1), List.of(statuses), part);
    }

    /** A request with a body of JSON. */
    static Probe json(String name, String path, String body, int status, String part) {
        return new Probe(name, post(path, "Content-Type: application/json\r\n", utf8(body)), List.of(status), part);
    }

    /** A request with headers, each of which ends with a line's end, and a body. */
    static byte[] post(String path, String headers, byte[] body) {
        byte[] head = utf8("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: "
                + body.length + "\r\n\r\n");
        byte[] all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Tests that give each probe to a server, and something that makes sense afterwards. */
    static Stream<DynamicTest> tests(InferenceServer server, List<Probe> probes) {
        return probes.stream().map(probe -> DynamicTest.dynamicTest(probe.name, () -> probe.test(server.port())));
    }

    private void test(int port) throws IOException {
        List<Reply> answers = RawClient.exchange(port, request);
        assertEquals(statuses, answers.stream().map(Reply::status).toList(), () -> answers.toString());
        if (!answers.isEmpty()) {
            checkHeaders(answers.getLast());
            if (answers.getLast().status() >= 400) {
                checkError(answers.getLast());
            }
        }
        byte[] usual =
                post("/predict", "Content-Type: application/json\r\n", utf8("{\"inputs\":\"Where is my card?\"}"));
        List<Reply> next = RawClient.exchange(port, usual);
        assertEquals(200, next.getFirst().status(), () -> next.toString());
    }

    static void checkHeaders(Reply answer) {
        assertEquals("nosniff", answer.headers().get("x-content-type-options"), answer.toString());
        assertEquals("DENY", answer.headers().get("x-frame-options"), answer.toString());
    }

    private void checkError(Reply answer) {
        assertTrue(checkIsError(answer).contains(part), answer.toString());
    }

    /** An error is one clean line of JSON, with nothing of how the server works, and nothing in words of a library. */
    static String checkIsError(Reply answer) {
        if (answer.body().isEmpty()) {
            return "";
        }
        JsonNode error = JsonMapper.shared().readTree(answer.body());
        // Below /v1 an error is an object, as OpenAI's clients read it.
        boolean openAi = error.path("error").isObject();
        String line = openAi
                ? error.at("/error/message").stringValue()
                : error.path("error").stringValue();
        assertTrue(openAi ? error.at("/error").has("type") : error.has("error_type"), answer.toString());
        assertEquals(OneLine.of(line), line);
        assertFalse(line.isBlank());
        for (String internal : List.of(
                "Exception",
                "detangle.",
                "java.",
                "helidon",
                "jackson",
                "server log",
                "rologue",
                "Token ",
                "Invalid ")) {
            assertFalse(line.contains(internal), answer.toString());
        }
        return line;
    }
}
