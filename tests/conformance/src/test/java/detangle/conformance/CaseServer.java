package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.server.InferenceServer;
import detangle.server.ServerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server of one model in this JVM, at any free port. */
record CaseServer(InferenceServer server) implements AutoCloseable {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    static CaseServer of(Path model, ServerOptions options) {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put(model.getFileName().toString(), model);
        return new CaseServer(InferenceServer.start(models, options.withPort(0)));
    }

    /** What is answered with status 200 to {@code GET path}. */
    JsonNode get(String path) {
        return answered(HttpRequest.newBuilder(uri(path)).build());
    }

    /** What is answered with status 200 to {@code POST path}. */
    JsonNode post(String path, Map<String, Object> body) {
        return answered(posting(path, body));
    }

    /** What is answered to {@code POST path}, whatever the status. */
    HttpResponse<String> ask(String path, Map<String, Object> body) {
        return sent(posting(path, body));
    }

    private HttpRequest posting(String path, Map<String, Object> body) {
        return HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private static JsonNode answered(HttpRequest request) {
        HttpResponse<String> answer = sent(request);
        assertEquals(200, answer.statusCode(), answer.body());
        return JsonMapper.shared().readTree(answer.body());
    }

    private static HttpResponse<String> sent(HttpRequest request) {
        try {
            return CLIENT.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(request + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
