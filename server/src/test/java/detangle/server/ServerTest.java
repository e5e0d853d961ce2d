package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.task.TextTask;
import detangle.pipelines.task.TextTasks;
import detangle.runtime.OptionValues;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server over real connections, and what its tests ask it. */
abstract class ServerTest {
    static final String TEXT = "Where is my card?";

    static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    static InferenceServer server;

    @BeforeAll
    static void start() throws IOException {
        server = InferenceServer.start(models(folder), options());
    }

    /** Returns the models that are served, of which small ones are written into a folder. */
    static SequencedMap<String, Path> models(Path folder) throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("banking", TinyModel.SHIPPED);
        models.put(
                "org/reranker",
                TinyModel.write(folder.resolve("reranker"), "ForSequenceClassification", List.of("LABEL_0")));
        models.put("encoder", TinyModel.write(folder.resolve("encoder"), "Model", List.of("LABEL_0")));
        return models;
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static TextTask<?> task(String name) {
        return TextTasks.named(name).orElseThrow();
    }

    static ServerOptions options() {
        return with(Optional.empty(), 512, Duration.ofSeconds(30));
    }

    static ServerOptions with(Optional<String> key, int waiting, Duration deadline) {
        return OptionValues.with(ServerOptions.DEFAULT, key, ServerOptions::withApiKey)
                .withPort(0)
                .withMaxBatchTokens(2048)
                .withMaxConcurrentRequests(waiting)
                .withPayloadLimit(100_000)
                .withDeadline(deadline);
    }

    record Answer(int status, String body) {
        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }
    }

    static HttpRequest.Builder request(InferenceServer to, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path))
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(60));
    }

    static Answer send(HttpRequest request) {
        try {
            HttpResponse<String> answer = CLIENT.send(request, BodyHandlers.ofString());
            return new Answer(answer.statusCode(), answer.body());
        } catch (IOException e) {
            throw new AssertionError(request + " failed", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static Answer get(String path) {
        return send(request(server, path).build());
    }

    static Answer post(InferenceServer to, String path, Object body) {
        return send(request(to, path)
                .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build());
    }

    static JsonNode answered(String path, Object body) {
        Answer answer = post(server, path, body);
        assertEquals(200, answer.status, answer.body);
        return answer.json();
    }

    static void refused(int status, String part, Answer answer) {
        assertEquals(status, answer.status, answer.body);
        assertTrue(answer.json().get("error").stringValue().contains(part), answer.body);
        assertTrue(answer.json().has("error_type"), answer.body);
    }
}
