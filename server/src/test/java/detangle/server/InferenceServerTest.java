package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.PipelineException;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A server as a whole: what it serves, how it starts, ends, and tells of itself. */
class InferenceServerTest extends ServerTest {
    /** What is asked for comes before what config.json names. */
    @Test
    void theTaskSaysWhatAModelIsServedFor() throws IOException {
        Path model = TinyModel.write(folder.resolve("task"), "ForSequenceClassification", List.of("a"));
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("task", model));
        try (InferenceServer vectors = InferenceServer.start(models, options().withTask(task("feature-extraction")))) {
            assertEquals(200, post(vectors, "/embed", Map.of("inputs", TEXT)).status());
            refused(424, "serve it with --task text-classification", post(vectors, "/predict", Map.of("inputs", TEXT)));
        }
        try (InferenceServer labels = InferenceServer.start(models, options().withTask(task("text-classification")))) {
            assertEquals(200, post(labels, "/predict", Map.of("inputs", TEXT)).status());
            refused(
                    424,
                    "not served for text-ranking",
                    post(labels, "/rerank", Map.of("query", TEXT, "texts", List.of(TEXT))));
        }
        Path several = TinyModel.write(folder.resolve("several"), "ForSequenceClassification", List.of("a", "b"));
        PipelineException refusal = assertThrows(
                PipelineException.class,
                () -> InferenceServer.start(
                        new LinkedHashMap<>(Map.of("several", several)),
                        options().withTask(task("text-ranking"))));
        assertTrue(refusal.getMessage().contains("2 labels: ranking needs a model with one"), refusal.getMessage());
    }

    @Test
    void eachRequestIsToldOf() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        Queue<Access> told = new ConcurrentLinkedQueue<>();
        Instant before = Instant.now();
        try (InferenceServer logging = InferenceServer.start(models, options().withAccessLog(told::add))) {
            assertEquals(200, post(logging, "/embed", Map.of("inputs", TEXT)).status());
            assertEquals(422, post(logging, "/embed", Map.of("inputs", 7)).status());
        }
        assertEquals(
                List.of("POST /embed 200", "POST /embed 422"),
                told.stream()
                        .map(a -> a.method() + " " + a.path() + " " + a.status())
                        .toList());
        for (Access access : told) {
            assertFalse(access.time().isBefore(before));
            assertFalse(access.duration().isNegative());
        }
    }

    @Test
    void aKeyIsAskedFor() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        try (InferenceServer locked =
                InferenceServer.start(models, with(Optional.of("secret"), 10, Duration.ofSeconds(30)))) {
            refused(401, "API key", post(locked, "/embed", Map.of("inputs", TEXT)));
            refused(
                    401,
                    "API key",
                    send(request(locked, "/metrics")
                            .header("Authorization", "Bearer wrong")
                            .build()));
            assertEquals(200, send(request(locked, "/health").build()).status());
            assertEquals(
                    200,
                    send(request(locked, "/embed")
                                    .header("Authorization", "Bearer secret")
                                    .POST(BodyPublishers.ofString("{\"inputs\":\"x\"}"))
                                    .build())
                            .status());
        }
    }

    @Test
    void theRestOfTheRoutes() {
        assertEquals(200, get("/health").status());
        assertEquals("banking", get("/info").json().get("model_id").stringValue());
        assertEquals(
                "[CLS]",
                answered("/tokenize", Map.of("inputs", TEXT))
                        .get(0)
                        .get(0)
                        .get("text")
                        .stringValue());
        assertTrue(get("/").body().startsWith("<!doctype html>"));
        JsonNode document = get("/openapi.json").json();
        for (String status : List.of("403", "408", "415", "429", "431", "503")) {
            assertTrue(document.at("/paths/~1predict/post/responses/" + status).isObject(), status);
        }
        answered("/predict", Map.of("inputs", TEXT));
        assertTrue(get("/metrics")
                .body()
                .contains("te_request_count_total{method=\"/predict\",model=\"banking\",status=\"200\"}"));
        // Every path of the document is a route.
        for (String path : document.get("paths").propertyNames()) {
            String known = path.replace("{name}", "banking");
            Answer answer = document.get("paths").get(path).has("post") ? post(server, known, Map.of()) : get(known);
            assertTrue(answer.status() != 404, path);
        }
    }

    @Test
    void whatIsAskedIsAnsweredBeforeItStops() throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", TinyModel.SHIPPED));
        InferenceServer stopping = InferenceServer.start(models, options());
        post(stopping, "/predict", Map.of("inputs", TEXT));
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            asked.add(CompletableFuture.supplyAsync(
                    () -> post(stopping, "/predict", Map.of("inputs", "How do I get cash? ".repeat(60))),
                    Executors.newVirtualThreadPerTaskExecutor()));
        }
        HttpRequest late = request(stopping, "/health").build();
        // Until the first of them is answered, so that the others are on their way.
        CompletableFuture.anyOf(asked.toArray(CompletableFuture[]::new)).get();
        stopping.close();
        for (CompletableFuture<Answer> answer : asked) {
            assertEquals(200, answer.get().status(), answer.get().body());
        }
        assertThrows(IOException.class, () -> CLIENT.send(late, BodyHandlers.ofString()));
    }

    @Test
    void aPortThatIsTakenIsTold() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        ServerOptions taken = options().withPort(server.port());
        ServerException e = assertThrows(ServerException.class, () -> InferenceServer.start(models, taken));
        assertTrue(e.getMessage().contains(Integer.toString(server.port())), e.toString());
    }

    @Test
    void manyClientsGetTheAnswersOfOne() throws Exception {
        List<String> texts = new ArrayList<>();
        List<JsonNode> alone = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            texts.add("Where is card number " + i + "? ".repeat(1 + i * i));
            alone.add(answered("/predict", Map.of("inputs", texts.get(i))));
        }
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int client = 0; client < 64; client++) {
                int first = client;
                tasks.add(() -> {
                    for (int i = 0; i < 12; i++) {
                        int text = (first + i) % 12;
                        JsonNode answer = answered("/predict", Map.of("inputs", texts.get(text)));
                        for (int label = 0; label < 77; label++) {
                            assertEquals(
                                    alone.get(text).get(label).get("score").doubleValue(),
                                    answer.get(label).get("score").doubleValue(),
                                    1e-5);
                        }
                        assertEquals(
                                alone.get(text).get(0).get("label"),
                                answer.get(0).get("label"));
                    }
                    return null;
                });
            }
            for (Future<Void> future : pool.invokeAll(tasks)) {
                future.get();
            }
        }
    }

    /** Each would keep its model's 5 MB of the heap. */
    @Test
    void aClosedServerKeepsNoModel() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", TinyModel.SHIPPED));
        InferenceServer.start(models, options()).close();
        long before = heap();
        for (int i = 0; i < 4; i++) {
            InferenceServer.start(models, options()).close();
        }
        long grown = heap() - before;
        assertTrue(grown < 8 << 20, grown + " bytes");
    }

    private static long heap() {
        System.gc();
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
