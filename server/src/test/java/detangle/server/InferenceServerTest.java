package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizers;
import detangle.pipelines.Classification;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineException;
import detangle.pipelines.Pooling;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TinyModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server over real connections, with requests that make sense and others. */
class InferenceServerTest {
    private static final String TEXT = "Where is my card?";
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    private static Path folder;

    private static InferenceServer server;

    @BeforeAll
    static void start() throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("banking", TinyModel.SHIPPED);
        models.put(
                "org/reranker",
                TinyModel.write(folder.resolve("reranker"), "ForSequenceClassification", List.of("LABEL_0")));
        models.put("encoder", TinyModel.write(folder.resolve("encoder"), "Model", List.of("LABEL_0")));
        server = InferenceServer.start(models, options());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static ServerOptions options() {
        return with(Optional.empty(), 512, Duration.ofSeconds(30));
    }

    private static ServerOptions with(Optional<String> key, int waiting, Duration deadline) {
        return ServerOptions.DEFAULT
                .withPort(0)
                .withApiKey(key)
                .withMaxBatchTokens(2048)
                .withMaxConcurrentRequests(waiting)
                .withPayloadLimit(100_000)
                .withDeadline(deadline);
    }

    private record Answer(int status, String body) {
        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }
    }

    private static HttpRequest.Builder request(InferenceServer to, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path))
                .timeout(Duration.ofSeconds(60));
    }

    private static Answer send(HttpRequest request) {
        try {
            HttpResponse<String> answer = CLIENT.send(request, BodyHandlers.ofString());
            return new Answer(answer.statusCode(), answer.body());
        } catch (IOException e) {
            throw new AssertionError(request + " failed", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Answer get(String path) {
        return send(request(server, path).build());
    }

    private static Answer post(InferenceServer to, String path, Object body) {
        return send(request(to, path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build());
    }

    private static JsonNode answered(String path, Object body) {
        Answer answer = post(server, path, body);
        assertEquals(200, answer.status, answer.body);
        return answer.json();
    }

    private static void refused(int status, String part, Answer answer) {
        assertEquals(status, answer.status, answer.body);
        assertTrue(answer.json().get("error").stringValue().contains(part), answer.body);
        assertTrue(answer.json().has("error_type"), answer.body);
    }

    /** One token's row of the table is no number: its text has no answer, and the others have theirs. */
    @Test
    void anAnswerThatIsNotANumberIsAnErrorOfTheServer() throws IOException {
        Path model = TinyModel.write(folder.resolve("broken"), "ForSequenceClassification", List.of("a", "b"));
        int token = 3_000;
        TinyModel.set(model, "deberta.embeddings.word_embeddings.weight", token * 32, Float.NaN);
        String text = Tokenizers.load(model).decode(new int[] {token}, true);
        try (InferenceServer broken = InferenceServer.start(new LinkedHashMap<>(Map.of("broken", model)), options())) {
            refused(
                    500,
                    "word_embeddings.weight' holds NaN at [3000, 0]",
                    post(broken, "/predict", Map.of("inputs", text)));
            assertEquals(200, post(broken, "/predict", Map.of("inputs", TEXT)).status);
        }
    }

    /** What is asked for comes before what config.json names. */
    @Test
    void theTaskSaysWhatAModelIsServedFor() throws IOException {
        Path model = TinyModel.write(folder.resolve("task"), "ForSequenceClassification", List.of("a"));
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("task", model));
        try (InferenceServer vectors =
                InferenceServer.start(models, options().withTask(Optional.of(ServedTask.FEATURE_EXTRACTION)))) {
            assertEquals(200, post(vectors, "/embed", Map.of("inputs", TEXT)).status);
            refused(424, "serve it with --task text-classification", post(vectors, "/predict", Map.of("inputs", TEXT)));
        }
        try (InferenceServer labels =
                InferenceServer.start(models, options().withTask(Optional.of(ServedTask.TEXT_CLASSIFICATION)))) {
            assertEquals(200, post(labels, "/predict", Map.of("inputs", TEXT)).status);
            refused(
                    424,
                    "not served for text-ranking",
                    post(labels, "/rerank", Map.of("query", TEXT, "texts", List.of(TEXT))));
        }
        Path several = TinyModel.write(folder.resolve("several"), "ForSequenceClassification", List.of("a", "b"));
        ServerException refusal = assertThrows(
                ServerException.class,
                () -> InferenceServer.start(
                        new LinkedHashMap<>(Map.of("several", several)),
                        options().withTask(Optional.of(ServedTask.TEXT_RANKING))));
        assertTrue(refusal.getMessage().contains("one label: it has 2"), refusal.getMessage());
    }

    @Test
    void predictAnswersAsThePipeline() {
        JsonNode one = answered("/predict", Map.of("inputs", TEXT));
        JsonNode batch = answered("/predict", Map.of("inputs", List.of(List.of(TEXT), List.of(TEXT, "It is lost."))));
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            List<Classification> expected = classifier.classify(TEXT);
            for (int i = 0; i < 3; i++) {
                assertEquals(expected.get(i).label(), one.get(i).get("label").stringValue());
                assertEquals(expected.get(i).score(), one.get(i).get("score").doubleValue(), 1e-5);
            }
            assertEquals(
                    expected.getFirst().label(),
                    batch.get(0).get(0).get("label").stringValue());
        }
        assertEquals(2, batch.size());
        assertEquals(one, answered("/", Map.of("inputs", TEXT)));
        JsonNode raw = answered("/predict", Map.of("inputs", TEXT, "raw_scores", true));
        assertTrue(raw.get(0).get("score").doubleValue() > 1, "no logits");
    }

    @Test
    void rerankSortsTexts() {
        JsonNode ranked = answered(
                "/rerank",
                Map.of("query", "card", "texts", List.of("It is lost.", TEXT, "The weather."), "return_text", true));
        assertEquals(3, ranked.size());
        assertTrue(ranked.get(0).get("score").doubleValue()
                >= ranked.get(2).get("score").doubleValue());
        assertEquals(
                List.of("It is lost.", TEXT, "The weather.")
                        .get(ranked.get(0).get("index").intValue()),
                ranked.get(0).get("text").stringValue());
    }

    @Test
    void embedGivesVectorsOfLengthOne() {
        JsonNode vectors = answered("/embed", Map.of("inputs", List.of(TEXT, "card")));
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            float[] expected = extractor.encode(TEXT, Pooling.MEAN, true);
            assertEquals(expected.length, vectors.get(0).size());
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], vectors.get(0).get(i).doubleValue(), 1e-5);
            }
        }
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

    @Test
    void theRestOfTheRoutes() {
        assertEquals(200, get("/health").status);
        assertEquals("banking", get("/info").json().get("model_id").stringValue());
        assertEquals(
                "[CLS]",
                answered("/tokenize", Map.of("inputs", TEXT))
                        .get(0)
                        .get(0)
                        .get("text")
                        .stringValue());
        assertTrue(get("/").body.startsWith("<!doctype html>"));
        JsonNode document = get("/openapi.json").json();
        answered("/predict", Map.of("inputs", TEXT));
        assertTrue(get("/metrics").body.contains("te_request_count_total{method=\"/predict\",status=\"200\"}"));
        // Every path of the document is a route.
        for (String path : document.get("paths").propertyNames()) {
            String known = path.replace("{name}", "banking");
            Answer answer = document.get("paths").get(path).has("post") ? post(server, known, Map.of()) : get(known);
            assertTrue(answer.status != 404, path);
        }
    }

    @Test
    void requestsThatMakeNoSenseAreRefused() {
        refused(422, "the text is empty", post(server, "/predict", Map.of("inputs", "")));
        refused(422, "inputs is neither", post(server, "/predict", Map.of("inputs", 7)));
        refused(422, "no text", post(server, "/predict", Map.of("inputs", List.of(List.of("a", 7)))));
        refused(422, "3 texts where one or two", post(server, "/predict", Map.of("inputs", List.of("a", "b", "c"))));
        refused(
                422,
                "tokens, and the model takes 512",
                post(server, "/predict", Map.of("inputs", "card ".repeat(600))));
        assertEquals(200, post(server, "/predict", Map.of("inputs", "card ".repeat(600), "truncate", true)).status);
        refused(413, "33 texts", post(server, "/embed", Map.of("inputs", Collections.nCopies(33, "a"))));
        refused(422, "query is no text", post(server, "/rerank", Map.of("texts", List.of("a"))));
        refused(
                400,
                "no JSON",
                send(request(server, "/predict")
                        .POST(BodyPublishers.ofString("{"))
                        .build()));
        refused(
                400,
                "Bad Request",
                send(request(server, "/predict")
                        .header("Content-Encoding", "unheard-of")
                        .POST(BodyPublishers.ofString("{}"))
                        .build()));
        refused(404, "see /openapi.json", get("/nowhere"));
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedAndItsConnectionGoesOn() throws IOException {
        // Larger than what sockets hold, so that a server that closed at once would reset its client.
        byte[] large = new byte[8_000_000];
        for (int i = 0; i < 5; i++) {
            refused(
                    413,
                    "more than the 100000 bytes",
                    send(request(server, "/predict")
                            .POST(BodyPublishers.ofByteArray(large))
                            .build()));
            refused(
                    413,
                    "more than the 100000 bytes",
                    send(request(server, "/predict")
                            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))
                            .build()));
        }
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
                    .getBytes(StandardCharsets.UTF_8));
            out.write(large);
            out.write("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answers.startsWith("HTTP/1.1 413"), answers);
            assertTrue(answers.contains("HTTP/1.1 200"), answers);
        }
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write("POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n"
                    .getBytes(StandardCharsets.UTF_8));
            out.write(large);
            out.flush();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
        }
    }

    @Test
    void eachRequestIsToldOf() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        Queue<Access> told = new ConcurrentLinkedQueue<>();
        Instant before = Instant.now();
        try (InferenceServer logging = InferenceServer.start(models, options().withAccessLog(told::add))) {
            assertEquals(200, post(logging, "/embed", Map.of("inputs", TEXT)).status);
            assertEquals(422, post(logging, "/embed", Map.of("inputs", 7)).status);
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
            assertEquals(200, send(request(locked, "/health").build()).status);
            assertEquals(
                    200,
                    send(request(locked, "/embed")
                                    .header("Authorization", "Bearer secret")
                                    .POST(BodyPublishers.ofString("{\"inputs\":\"x\"}"))
                                    .build())
                            .status);
        }
    }

    @Test
    void whatIsTooMuchIsRefusedAndTheRestAnswered() throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", TinyModel.SHIPPED));
        try (InferenceServer small = InferenceServer.start(models, with(Optional.empty(), 4, Duration.ofSeconds(30)));
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Answer>> tasks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                tasks.add(() -> post(small, "/predict", Map.of("inputs", "How do I get cash? ".repeat(60))));
            }
            int answered = 0;
            int refused = 0;
            for (Future<Answer> future : pool.invokeAll(tasks)) {
                Answer answer = future.get();
                if (answer.status == 429) {
                    refused++;
                } else {
                    assertEquals(200, answer.status, answer.body);
                    answered++;
                }
            }
            assertTrue(answered > 0 && refused > 0, answered + " answered, " + refused + " refused");
            assertEquals(200, post(small, "/predict", Map.of("inputs", TEXT)).status);
        }
    }

    @Test
    void whatTakesTooLongIsTold() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", TinyModel.SHIPPED));
        // What takes half a second cannot be done in a thousandth of it.
        List<List<String>> much = Collections.nCopies(32, List.of("How do I get cash? ".repeat(60)));
        try (InferenceServer hasty = InferenceServer.start(models, with(Optional.empty(), 512, Duration.ofMillis(1)))) {
            refused(504, "not done within 1 ms", post(hasty, "/predict", Map.of("inputs", much)));
        }
    }

    @Test
    void halfABodyHarmsNobody() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                OutputStream out = socket.getOutputStream();
                out.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{\"inputs\":\"Whe"
                        .getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
        predictAnswersAsThePipeline();
    }

    @Test
    void aGigabyteIsRefusedUnread() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
            assertTrue(answer.contains("more than the 100000 bytes that are allowed"), answer);
        }
        predictAnswersAsThePipeline();
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
            assertEquals(200, answer.get().status, answer.get().body);
        }
        assertThrows(IOException.class, () -> CLIENT.send(late, BodyHandlers.ofString()));
    }

    @Test
    void whatIsSaidOfVectorsGoesWithAModelThatMakesThem() {
        SequencedMap<String, Path> classifier = new LinkedHashMap<>();
        classifier.put("banking", TinyModel.SHIPPED);
        ServerOptions cls = options().withEmbedding(EmbeddingOptions.DEFAULT.withPooling(Pooling.CLS));
        ServerException none = assertThrows(ServerException.class, () -> InferenceServer.start(classifier, cls));
        assertTrue(none.getMessage().contains("goes with a model that makes vectors"), none.getMessage());
        SequencedMap<String, Path> encoder = new LinkedHashMap<>();
        encoder.put("encoder", folder.resolve("encoder"));
        ServerOptions prompt = options().withEmbedding(EmbeddingOptions.DEFAULT.withPromptName(Optional.of("query")));
        PipelineException unknown = assertThrows(PipelineException.class, () -> InferenceServer.start(encoder, prompt));
        assertEquals("there is no prompt 'query'; the model has none", unknown.getMessage());
        refused(
                422,
                "there is no prompt 'query'",
                post(server, "/embed", Map.of("inputs", TEXT, "prompt_name", "query")));
        refused(
                422,
                "texts are cut at their end",
                post(server, "/embed", Map.of("inputs", TEXT, "truncation_direction", "left")));
        assertEquals(200, post(server, "/embed", Map.of("inputs", TEXT, "truncation_direction", "Right")).status);
        for (Object wrong : List.of(0, "8", 1.5)) {
            refused(
                    422,
                    "dimensions is not a whole number of at least 1",
                    post(server, "/embed", Map.of("inputs", TEXT, "dimensions", wrong)));
        }
        Answer four = post(server, "/embed", Map.of("inputs", TEXT, "dimensions", 4));
        assertEquals(4, JsonMapper.shared().readTree(four.body).get(0).size(), four.body);
        refused(
                422,
                "vectors have 32 numbers, and 99 are asked for",
                post(server, "/embed", Map.of("inputs", TEXT, "dimensions", 99)));
        refused(422, "prompt_name is no", post(server, "/embed", Map.of("inputs", TEXT, "prompt_name", 7)));
    }

    @Test
    void aPortThatIsTakenIsTold() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        ServerOptions taken = options().withPort(server.port());
        ServerException e = assertThrows(ServerException.class, () -> InferenceServer.start(models, taken));
        assertTrue(e.getMessage().contains(Integer.toString(server.port())), e.toString());
    }
}
