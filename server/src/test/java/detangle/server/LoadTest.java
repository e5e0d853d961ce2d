package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.MixedTasks.Question;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two hundred clients at once, with texts of mixed lengths: {@code -Ddetangle.load.seconds=60} for a minute of them,
 * {@code -Ddetangle.load.peer=true} to compare with ONNX Runtime in turns, and {@code -Ddetangle.load.model=FOLDER} for another
 * classifier than the model that ships. Prints requests a second and latencies.
 */
class LoadTest {
    private static final int CLIENTS = 200;
    private static final int SECONDS = Integer.getInteger("detangle.load.seconds", 4);
    private static final boolean PEER = Boolean.getBoolean("detangle.load.peer");

    /** Servers that are compared take turns of so many seconds: whatever the machine does meets all of them. */
    private static final int TURN_SECONDS = Integer.getInteger("detangle.load.turn", 20);

    private static final Path MODEL = Optional.ofNullable(System.getProperty("detangle.load.model"))
            .map(Path::of)
            .orElse(TinyModel.SHIPPED);
    private static final int LONG = 30;
    private static final long MEGABYTE = 1 << 20;

    /** What rounding may do to a score where texts share batches. */
    private static final double ROUNDING = 1e-5;

    /** Answers that the peer gives in a form of its own. */
    private static final Set<String> OTHER_FORMS = Set.of("/models/tags", "/models/gliner");

    @TempDir
    private Path scratch;

    /** An answer of a route, and how long it took. */
    private record Answered(String path, long nanos) {}

    /** What the clients saw: each answer, and the heap in use in between and at the end. */
    private record Load(List<Answered> answers, double seconds, long heapEarly, long heapLate) {
        Load and(Load later) {
            List<Answered> all = new ArrayList<>(answers);
            all.addAll(later.answers);
            return new Load(all, seconds + later.seconds, heapEarly, later.heapLate);
        }

        private double percentile(double p, Predicate<Answered> which) {
            List<Long> sorted =
                    answers.stream().filter(which).map(Answered::nanos).sorted().toList();
            return sorted.get((int) Math.min(sorted.size() - 1, p * sorted.size())) / 1e6;
        }

        void print(String name) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d clients, %.0f s, %.1f requests/s, p50 %.0f ms, p99 %.0f ms, heap %d MiB, then %d MiB%n",
                    name,
                    CLIENTS,
                    seconds,
                    answers.size() / seconds,
                    percentile(0.5, a -> true),
                    percentile(0.99, a -> true),
                    heapEarly / MEGABYTE,
                    heapLate / MEGABYTE);
            Set<String> paths = answers.stream().map(Answered::path).collect(Collectors.toCollection(TreeSet::new));
            if (paths.size() > 1) {
                paths.forEach(path -> System.out.printf(
                        Locale.ROOT,
                        "  %s: p50 %.0f ms, p99 %.0f ms%n",
                        path,
                        percentile(0.5, a -> a.path.equals(path)),
                        percentile(0.99, a -> a.path.equals(path))));
            }
        }
    }

    private static List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            texts.add("Where is card number " + i + " that I " + "have asked for and ".repeat(i % 8 * 6) + "need?");
        }
        return texts;
    }

    private static JsonNode answer(HttpClient client, int port, Question question)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + question.path()))
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofSeconds(60))
                        .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(question.body())))
                        .build(),
                BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer.body());
        return JsonMapper.shared().readTree(answer.body());
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static List<JsonNode> alone(int port, List<Question> questions) throws Exception {
        List<JsonNode> alone = new ArrayList<>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (Question question : questions) {
                alone.add(answer(client, port, question));
            }
        }
        return alone;
    }

    /** Lets clients ask for a while; the answers are those that each question got alone. */
    private static Load load(int port, List<Question> questions, List<JsonNode> alone, int seconds) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Answered> answers = Collections.synchronizedList(new ArrayList<>());
            long begin = System.nanoTime();
            long end = begin + seconds * 1_000_000_000L;
            List<Callable<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int first = i;
                clients.add(() -> {
                    for (int n = first; System.nanoTime() < end; n++) {
                        long asked = System.nanoTime();
                        Question question = questions.get(n % questions.size());
                        JsonNode answer = answer(client, port, question);
                        answers.add(new Answered(question.path(), System.nanoTime() - asked));
                        SameJson.check(alone.get(n % questions.size()), answer, ROUNDING);
                    }
                    return null;
                });
            }
            List<Future<Void>> running = new ArrayList<>();
            clients.forEach(c -> running.add(pool.submit(c)));
            Thread.sleep(seconds * 300L);
            long early = heap();
            for (Future<Void> one : running) {
                one.get();
            }
            return new Load(answers, (System.nanoTime() - begin) / 1e9, early, heap());
        }
    }

    /** Lets clients ask servers in turns, and returns what they saw of each, in the same order. */
    private static List<Load> loads(List<Integer> ports, List<Question> questions) throws Exception {
        int turns = ports.size() == 1 ? 1 : Math.max(1, SECONDS / TURN_SECONDS);
        Map<Integer, List<JsonNode>> alone = new HashMap<>();
        for (int port : ports) {
            alone.put(port, alone(port, questions));
        }
        Map<Integer, Load> loads = new HashMap<>();
        for (int turn = 0; turn < turns; turn++) {
            for (int port : ports) {
                loads.merge(port, load(port, questions, alone.get(port), SECONDS / turns), Load::and);
            }
        }
        return ports.stream().map(loads::get).toList();
    }

    private static void check(Load load, String name) {
        load.print(name);
        assertTrue(load.answers.size() >= CLIENTS);
        // Shapes of batches that were seen lately keep their memory, which takes a while to fill.
        long most = SECONDS < LONG ? 512 * MEGABYTE : load.heapEarly + 64 * MEGABYTE;
        assertTrue(load.heapLate < most, load.heapEarly + " -> " + load.heapLate);
    }

    @Test
    void twoHundredClientsGetTheAnswersOfOne() throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("model", MODEL));
        List<Question> questions = texts().stream()
                .map(text -> new Question("/predict", Map.of("inputs", text)))
                .toList();
        int processors = Runtime.getRuntime().availableProcessors();
        int pairs = Math.max(1, processors / 2);
        try (InferenceServer server = InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0))) {
            if (!PEER) {
                check(loads(List.of(server.port()), questions).getFirst(), "Detangle");
                return;
            }
            try (OnnxRuntimeServer single = new OnnxRuntimeServer(models, scratch, 1, processors);
                    OnnxRuntimeServer paired = new OnnxRuntimeServer(models, scratch, 2, pairs)) {
                List<Load> loads = loads(List.of(server.port(), single.port(), paired.port()), questions);
                check(loads.getFirst(), "Detangle");
                loads.get(1).print("ONNX Runtime, " + processors + " runs of 1 thread at once");
                loads.get(2).print("ONNX Runtime, " + pairs + " runs of 2 threads at once");
            }
        }
    }

    /** Labels, tags, vectors, labels of one's own and entities, of five models. */
    @Test
    void tasksAndLengthsAreMixed() throws Exception {
        SequencedMap<String, Path> models = MixedTasks.models(scratch);
        List<Question> questions = MixedTasks.questions(texts());
        // A text is read for each label, so that two hundred clients may ask of more texts than a server takes by
        // default.
        ServerOptions options = ServerOptions.DEFAULT.withPort(0).withMaxConcurrentRequests(1024);
        try (InferenceServer server = InferenceServer.start(models, options)) {
            String name = "Detangle, " + models.size() + " models";
            if (!PEER) {
                check(loads(List.of(server.port()), questions).getFirst(), name);
                return;
            }
            int atOnce = Runtime.getRuntime().availableProcessors();
            try (OnnxRuntimeServer peer = new OnnxRuntimeServer(models, scratch, 1, atOnce)) {
                List<JsonNode> own = alone(server.port(), questions);
                List<JsonNode> others = alone(peer.port(), questions);
                for (int i = 0; i < own.size(); i++) {
                    if (!OTHER_FORMS.contains(questions.get(i).path())) {
                        SameJson.check(own.get(i), others.get(i), 1e-3);
                    }
                }
                List<Load> loads = loads(List.of(server.port(), peer.port()), questions);
                check(loads.getFirst(), name);
                loads.get(1)
                        .print("ONNX Runtime, " + models.size() + " models, " + atOnce + " runs of 1 thread at once");
            }
        }
    }
}
