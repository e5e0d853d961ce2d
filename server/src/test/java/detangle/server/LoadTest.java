package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two hundred clients at once, with texts of mixed lengths: {@code -Ddetangle.load.seconds=60} for a minute of them, and
 * {@code -Ddetangle.load.peer=true} to compare with ONNX Runtime, and {@code -Ddetangle.load.model=FOLDER} for another classifier than the
 * model that ships. Prints requests a second and latencies.
 */
class LoadTest {
    private static final int CLIENTS = 200;
    private static final int SECONDS = Integer.getInteger("detangle.load.seconds", 4);
    private static final Path MODEL = Optional.ofNullable(System.getProperty("detangle.load.model"))
            .map(Path::of)
            .orElse(TinyModel.SHIPPED);
    private static final int LONG = 30;
    private static final long MEGABYTE = 1 << 20;

    @TempDir
    private Path scratch;

    /** What the clients saw: the latency of each answer, and the heap in use in between and at the end. */
    private record Load(List<Long> nanos, double seconds, long heapEarly, long heapLate) {
        double percentile(double p) {
            List<Long> sorted = nanos.stream().sorted().toList();
            return sorted.get((int) Math.min(sorted.size() - 1, p * sorted.size())) / 1e6;
        }

        void print(String name) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d clients, %.0f s, %.1f requests/s, p50 %.0f ms, p99 %.0f ms, heap %d MiB, then %d MiB%n",
                    name,
                    CLIENTS,
                    seconds,
                    nanos.size() / seconds,
                    percentile(0.5),
                    percentile(0.99),
                    heapEarly / MEGABYTE,
                    heapLate / MEGABYTE);
        }
    }

    private static List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            texts.add("Where is card number " + i + " that I " + "have asked for and ".repeat(i % 8 * 6) + "need?");
        }
        return texts;
    }

    private static JsonNode predict(HttpClient client, int port, String text) throws IOException, InterruptedException {
        String body = JsonMapper.shared().writeValueAsString(Map.of("inputs", text));
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/predict"))
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofSeconds(60))
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer.body());
        return JsonMapper.shared().readTree(answer.body());
    }

    private static void same(JsonNode expected, JsonNode found) {
        Map<String, Double> scores = new LinkedHashMap<>();
        expected.forEach(
                l -> scores.put(l.get("label").stringValue(), l.get("score").doubleValue()));
        assertEquals(scores.size(), found.size());
        found.forEach(l -> assertEquals(
                scores.get(l.get("label").stringValue()), l.get("score").doubleValue(), 1e-5));
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static Load load(int port) throws Exception {
        List<String> texts = texts();
        List<JsonNode> alone = new ArrayList<>();
        try (HttpClient client = HttpClient.newHttpClient();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String text : texts) {
                alone.add(predict(client, port, text));
            }
            List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
            long begin = System.nanoTime();
            long end = begin + SECONDS * 1_000_000_000L;
            List<Callable<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int first = i;
                clients.add(() -> {
                    for (int n = first; System.nanoTime() < end; n++) {
                        long asked = System.nanoTime();
                        JsonNode answer = predict(client, port, texts.get(n % texts.size()));
                        nanos.add(System.nanoTime() - asked);
                        same(alone.get(n % texts.size()), answer);
                    }
                    return null;
                });
            }
            List<Future<Void>> running = new ArrayList<>();
            clients.forEach(c -> running.add(pool.submit(c)));
            Thread.sleep(SECONDS * 300L);
            long early = heap();
            for (Future<Void> one : running) {
                one.get();
            }
            return new Load(nanos, (System.nanoTime() - begin) / 1e9, early, heap());
        }
    }

    @Test
    void twoHundredClientsGetTheAnswersOfOne() throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("model", MODEL));
        try (InferenceServer server = InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0))) {
            Load load = load(server.port());
            load.print("Detangle");
            assertTrue(load.nanos.size() >= CLIENTS);
            // Shapes of batches that were seen lately keep their memory, which takes a while to fill.
            long most = SECONDS < LONG ? 512 * MEGABYTE : load.heapEarly + 64 * MEGABYTE;
            assertTrue(load.heapLate < most, load.heapEarly + " -> " + load.heapLate);
        }
        if (Boolean.getBoolean("detangle.load.peer")) {
            for (int threads : new int[] {1, 2}) {
                int atOnce = Math.max(1, Runtime.getRuntime().availableProcessors() / threads);
                try (OnnxRuntimeServer peer = new OnnxRuntimeServer(MODEL, scratch, threads, atOnce)) {
                    load(peer.port()).print("ONNX Runtime, " + atOnce + " runs of " + threads + " threads at once");
                }
            }
        }
    }
}
