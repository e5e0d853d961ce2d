package detangle.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.Pooling;
import detangle.pipelines.TextClassifier;
import detangle.testing.models.TinyModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.huggingface.HuggingFaceEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.io.IOException;
import java.lang.reflect.Array;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Other people's clients of the protocols that the server speaks. */
class ClientsTest {
    private static final List<String> TEXTS = List.of("Where is my card?", "Wo ist meine Karte, bitte sehr: «ä»?");

    @TempDir
    static Path folder;

    private static InferenceServer server;

    @BeforeAll
    static void start() throws IOException {
        LinkedHashMap<String, Path> models = new LinkedHashMap<>();
        models.put("encoder", TinyModel.write(folder.resolve("encoder"), "Model", List.of("LABEL_0")));
        models.put("banking", TinyModel.SHIPPED);
        models.put(
                "tags", TinyModel.write(folder.resolve("tags"), "ForTokenClassification", List.of("O", "B-X", "I-X")));
        models.put("qa", TinyModel.write(folder.resolve("qa"), "ForQuestionAnswering", List.of("LABEL_0")));
        models.put("mask", TinyModel.write(folder.resolve("mask"), "ForMaskedLM", List.of("LABEL_0")));
        models.put(
                "nli",
                TinyModel.write(
                        folder.resolve("nli"),
                        "ForSequenceClassification",
                        List.of("contradiction", "neutral", "entailment")));
        server = InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static <T> T skip(String client, String why) {
        String line = client + " is not tested: " + why;
        System.out.println(line);
        return abort(line);
    }

    private String run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "output", null);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(90, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("no end in 90 s");
        }
        if (process.exitValue() != 0) {
            throw new IOException("exit code " + process.exitValue());
        }
        return Files.readString(output);
    }

    /** Fetches the clients for JavaScript from npm, once for all tests. */
    private void install(String client) throws IOException, InterruptedException {
        if (Files.exists(folder.resolve("node_modules"))) {
            return;
        }
        for (String file : List.of("package.json", "huggingface.js", "tasks.js", "openai.js", "aisdk.js")) {
            try (var in = ClientsTest.class.getResourceAsStream("clients/" + file)) {
                Files.write(folder.resolve(file), Objects.requireNonNull(in).readAllBytes());
            }
        }
        try {
            run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock");
        } catch (IOException e) {
            skip(client, "npm does not install it (" + e.getMessage() + ")");
        }
    }

    /** A request of a task by HuggingFace's client, which judges the form of the answer. */
    private record Asked(String method, String model, Object arguments) {
        List<Object> json() {
            return List.of(method, "models/" + model, arguments);
        }

        JsonNode answer() {
            return ServerTest.post(server, "/models/" + model, arguments).json();
        }
    }

    /**
     * HuggingFace's own for JavaScript, of the inference API: it refuses answers that are not of the documented form.
     */
    @Test
    void huggingFaceInferenceOfEveryTask() throws IOException, InterruptedException {
        install("@huggingface/inference");
        String text = TEXTS.getFirst();
        List<Asked> asked = List.of(
                new Asked("textClassification", "banking", Map.of("inputs", text, "parameters", Map.of("top_k", 3))),
                new Asked("tokenClassification", "tags", Map.of("inputs", text)),
                new Asked("questionAnswering", "qa", Map.of("inputs", Map.of("question", "Whose?", "context", text))),
                new Asked("fillMask", "mask", Map.of("inputs", "Where is my [MASK]?")),
                new Asked(
                        "zeroShotClassification",
                        "nli",
                        Map.of("inputs", text, "parameters", Map.of("candidate_labels", List.of("card", "sport")))),
                new Asked(
                        "sentenceSimilarity",
                        "encoder",
                        Map.of(
                                "inputs",
                                Map.of("source_sentence", text, "sentences", List.of("card", TEXTS.getLast())))));
        String requests = JsonMapper.shared()
                .writeValueAsString(asked.stream().map(Asked::json).toList());
        JsonNode answers = JsonMapper.shared()
                .readTree(run("node", "tasks.js", "http://127.0.0.1:" + server.port() + "/", requests));
        assertEquals(asked.size(), answers.size());
        for (int i = 0; i < asked.size(); i++) {
            JsonNode answer = asked.get(i).answer();
            // The client takes the labels of the one text out of their list.
            assertEquals(
                    i == 0 ? answer.get(0) : answer,
                    answers.get(i),
                    asked.get(i).method());
        }
    }

    /** OpenAI's own for JavaScript, which asks for vectors in base64. */
    @Test
    void openAi() throws IOException, InterruptedException {
        install("openai");
        List<String> command =
                new ArrayList<>(List.of("node", "openai.js", "http://127.0.0.1:" + server.port() + "/v1", "encoder"));
        command.addAll(TEXTS);
        JsonNode found = JsonMapper.shared().readTree(run(command.toArray(String[]::new)));
        assertEquals("encoder", found.at("/models/0").stringValue());
        assertEquals(404, found.at("/error/status").intValue());
        assertEquals("NotFoundError", found.at("/error/name").stringValue());
        assertTrue(found.at("/answer/usage/total_tokens").intValue() > TEXTS.size());
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            for (int i = 0; i < TEXTS.size(); i++) {
                float[] expected = extractor.encode(TEXTS.get(i), Pooling.MEAN, true);
                JsonNode vector = found.at("/answer/data/" + i + "/embedding");
                assertEquals(expected.length, vector.size());
                for (int j = 0; j < expected.length; j++) {
                    assertEquals(expected[j], vector.get(j).floatValue(), 1e-5f);
                }
            }
        }
    }

    /** The AI SDK for JavaScript, in OpenAI's form: several texts and one, and vectors of fewer numbers. */
    @Test
    void aiSdk() throws IOException, InterruptedException {
        install("ai");
        List<String> command =
                new ArrayList<>(List.of("node", "aisdk.js", "http://127.0.0.1:" + server.port() + "/v1", "encoder"));
        command.addAll(TEXTS);
        JsonNode found = JsonMapper.shared().readTree(run(command.toArray(String[]::new)));
        assertTrue(found.at("/usage/tokens").intValue() > TEXTS.size());
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            for (int i = 0; i < TEXTS.size(); i++) {
                assertVector(extractor.encode(TEXTS.get(i), Pooling.MEAN, true), found.at("/embeddings/" + i));
            }
            EmbeddingOptions three =
                    EmbeddingOptions.DEFAULT.withNormalize(true).withTruncateDim(3);
            assertVector(
                    extractor
                            .encode(List.of(TEXTS.getFirst()), three, done -> {})
                            .getFirst(),
                    found.get("short"));
        }
    }

    private static void assertVector(float[] expected, JsonNode actual) {
        assertEquals(expected.length, actual.size());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual.get(i).floatValue(), 1e-5f);
        }
    }

    /**
     * LangChain's for Java, of HuggingFace's inference API and of OpenAI's, which say what they want in other ways than
     * their makers' own.
     */
    @Test
    void langChain() {
        String url = "http://127.0.0.1:" + server.port() + "/";
        EmbeddingModel huggingFace = HuggingFaceEmbeddingModel.builder()
                .baseUrl(url)
                .accessToken("none")
                .modelId("encoder")
                .waitForModel(true)
                .build();
        EmbeddingModel openAi = OpenAiEmbeddingModel.builder()
                .baseUrl(url + "v1")
                .apiKey("none")
                .modelName("encoder")
                .user("somebody")
                .build();
        List<TextSegment> texts = TEXTS.stream().map(TextSegment::from).toList();
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            for (EmbeddingModel model : List.of(huggingFace, openAi)) {
                Response<List<Embedding>> answer = model.embedAll(texts);
                for (int i = 0; i < TEXTS.size(); i++) {
                    assertArrayEquals(
                            extractor.encode(TEXTS.get(i), Pooling.MEAN, true),
                            answer.content().get(i).vector(),
                            1e-5f);
                }
            }
        }
    }

    /** HuggingFace's own for JavaScript, of text-embeddings-inference, as npm has it. */
    @Test
    void huggingFaceInference() throws IOException, InterruptedException {
        install("@huggingface/inference");
        List<String> command =
                new ArrayList<>(List.of("node", "huggingface.js", "http://127.0.0.1:" + server.port() + "/"));
        command.addAll(TEXTS);
        JsonNode vectors = JsonMapper.shared().readTree(run(command.toArray(String[]::new)));
        assertEquals(TEXTS.size(), vectors.size());
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            for (int i = 0; i < TEXTS.size(); i++) {
                float[] expected = extractor.encode(TEXTS.get(i), Pooling.MEAN, true);
                float[] actual = new float[vectors.get(i).size()];
                for (int j = 0; j < actual.length; j++) {
                    actual[j] = vectors.get(i).get(j).floatValue();
                }
                assertArrayEquals(expected, actual, 1e-5f);
            }
        }
    }

    /**
     * Triton's own for Java, of the Open Inference Protocol, in JSON and in binary tensors. No registry has it: its
     * class path is that of a build of github.com/triton-inference-server/client, {@code
     * -Ddetangle.triton.client=JAR:JAR}.
     */
    @Test
    void triton() throws Exception {
        String classPath = System.getProperty("detangle.triton.client", "");
        if (classPath.isEmpty()) {
            skip("Triton's client", "-Ddetangle.triton.client has no class path");
        }
        List<URL> urls = new ArrayList<>();
        for (String jar : classPath.split(":")) {
            urls.add(url(Path.of(jar)));
        }
        try (URLClassLoader loader =
                new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> input = loader.loadClass("triton.client.InferInput");
            Class<?> output = loader.loadClass("triton.client.InferRequestedOutput");
            Class<?> type = loader.loadClass("triton.client.pojo.DataType");
            Class<?> result = loader.loadClass("triton.client.InferResult");
            Class<?> clientType = loader.loadClass("triton.client.InferenceServerClient");
            try (AutoCloseable client = (AutoCloseable) clientType
                            .getConstructor(String.class, int.class, int.class)
                            .newInstance("127.0.0.1:" + server.port(), 5000, 60_000);
                    TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
                for (boolean binary : new boolean[] {false, true}) {
                    Object texts = input.getConstructor(String.class, long[].class, type)
                            .newInstance(
                                    "text",
                                    new long[] {TEXTS.size()},
                                    type.getField("BYTES").get(null));
                    input.getMethod("setData", String[].class, boolean.class)
                            .invoke(texts, TEXTS.toArray(String[]::new), binary);
                    Object score =
                            output.getConstructor(String.class, boolean.class).newInstance("score", binary);
                    Object answer = clientType
                            .getMethod("infer", String.class, List.class, List.class)
                            .invoke(client, "banking", List.of(texts), List.of(score));
                    Object scores =
                            result.getMethod("getOutputAsFloat", String.class).invoke(answer, "score");
                    assertEquals(TEXTS.size(), Array.getLength(scores));
                    for (int i = 0; i < TEXTS.size(); i++) {
                        assertEquals(
                                classifier.classify(TEXTS.get(i)).getFirst().score(), Array.getFloat(scores, i), 1e-5);
                    }
                }
            }
        }
    }

    private static URL url(Path jar) throws MalformedURLException {
        assertTrue(Files.exists(jar), jar + " is not there");
        return jar.toUri().toURL();
    }
}
