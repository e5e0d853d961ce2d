package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.InferenceServer;
import detangle.server.ServerOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whatever the command and the server both do, they do alike: the same inputs and options give the same numbers. */
class CommandAndServerTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Both print six digits or more. */
    private static final double TOLERANCE = 2e-6;

    /** An argument that is left out. */
    private static final String NOTHING = "nothing";

    @TempDir
    private static Path folder;

    /** By their models: a route asks the first model that does what is asked. */
    private static final Map<String, InferenceServer> SERVERS = new TreeMap<>();

    @BeforeAll
    static void start() throws IOException {
        start("ranker", "ForSequenceClassification", "LABEL_0");
        start("classifier", "ForSequenceClassification", "contradiction", "neutral", "entailment");
        start("encoder", "Model", "LABEL_0");
        writeModules(folder.resolve("sentence"));
        start("sentence", "Model", "LABEL_0");
    }

    /** What sentence-transformers writes beside a model. */
    private static void writeModules(Path model) throws IOException {
        Files.createDirectories(model.resolve("1_Pooling"));
        Files.writeString(model.resolve("modules.json"), """
                [{"path":"","type":"sentence_transformers.models.Transformer"},
                {"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]""");
        Files.writeString(model.resolve("1_Pooling/config.json"), """
                {"word_embedding_dimension":32,"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false,
                "pooling_mode_max_tokens":true,"include_prompt":false}""");
        Files.writeString(model.resolve("sentence_bert_config.json"), "{\"max_seq_length\":12}");
        Files.writeString(model.resolve("config_sentence_transformers.json"), """
                {"prompts":{"query":"where ","document":"this "},"default_prompt_name":"document"}""");
    }

    private static void start(String name, String className, String... labels) throws IOException {
        SequencedMap<String, Path> model = new LinkedHashMap<>();
        model.put(name, TinyModel.write(folder.resolve(name), className, List.of(labels)));
        SERVERS.put(name, InferenceServer.start(model, ServerOptions.DEFAULT.withPort(0)));
    }

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(InferenceServer::close);
    }

    private record Result(int status, String out, String err) {
        JsonNode json() {
            assertEquals(0, status, err);
            return JsonMapper.shared().readTree(out);
        }
    }

    private static Result command(String name, String model, String... arguments) {
        List<String> all =
                new ArrayList<>(List.of(name, "--model", folder.resolve(model).toString(), "--format", "json"));
        all.addAll(List.of(arguments));
        all.removeIf(NOTHING::equals);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
        return new Result(status, out.toString(), err.toString());
    }

    private static Result post(String model, String path, Map<String, Object> body) {
        int port = SERVERS.get(model).port();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build();
        try {
            var answer = CLIENT.send(request, BodyHandlers.ofString());
            return new Result(answer.statusCode() == 200 ? 0 : 1, answer.body(), answer.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Words, or one of them so often: {@code "card 30"}. */
    private static String text(String text) {
        return text.matches("[a-z]+ [0-9]+")
                ? (text.replaceFirst(" .*", "") + " ")
                        .repeat(Integer.parseInt(text.replaceFirst(".* ", "")))
                        .strip()
                : text;
    }

    private static String flag(boolean set, String option) {
        return set ? option : NOTHING;
    }

    /** A failure that both report in the same words, but for the names of options, which only the command has. */
    private static boolean bothFail(Result command, Result server) {
        assertEquals(command.status, server.status, command.err + server.err);
        if (command.status == 0) {
            return false;
        }
        String reason = JsonMapper.shared().readTree(server.out).get("error").stringValue();
        String withOptions =
                reason.replace("(truncation)", "(--truncation)").replace("(maximum length)", "(--max-length)");
        assertTrue(command.err.strip().endsWith(withOptions), command.err + reason);
        return true;
    }

    private static Map<String, Double> scores(JsonNode results, String name) {
        Map<String, Double> scores = new TreeMap<>();
        results.forEach(r -> scores.put(r.get(name).asString(), r.get("score").doubleValue()));
        return scores;
    }

    private static void assertSame(Map<String, Double> expected, Map<String, Double> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, score) -> assertEquals(score, actual.get(name), TOLERANCE, name));
    }

    @ParameterizedTest
    @CsvSource({
        "where is my card?, It is lost., false, false",
        "where is my card?, It is lost., true, false",
        // 48 tokens are too few for these: the query, the document, or both are longer than they may be.
        "card 60, It is lost., true, true",
        "card 60, It is lost., true, false",
        "where is it?, lost 60, true, true",
        "card 40, lost 60, true, true",
        "card 60, lost 40, false, true",
        "card 22, lost 22, true, true",
        "card 23, lost 22, true, true",
        "' ', It is lost., true, true",
        "where is my card?, ' ', true, true",
        "'', It is lost., false, false"
    })
    void ranking(String query, String document, boolean raw, boolean truncate) {
        List<String> texts = List.of(text(document), "The weather is fine.");
        Result ranked = command(
                "text-ranking",
                "ranker",
                "--query=" + text(query),
                flag(raw, "--raw-scores"),
                flag(truncate, "--truncation"),
                "--",
                texts.get(0),
                texts.get(1));
        Result answer = post(
                "ranker",
                "/rerank",
                Map.of("query", text(query), "texts", texts, "raw_scores", raw, "truncate", truncate));
        if (!bothFail(ranked, answer)) {
            assertSame(scores(ranked.json(), "corpus_id"), scores(answer.json(), "index"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "where is my card?, '', false, false",
        "where is my card?, '', true, false",
        "where is my card?, It is lost., false, false",
        "where is my card?, It is lost., true, false",
        "card 60, '', true, true",
        "card 60, '', true, false",
        "card 60, It is lost., true, true",
        "It is lost., card 60, true, true",
        "card 40, lost 60, true, true",
        "card 40, lost 60, true, false",
        "' ', '', true, true",
        "' ', It is lost., true, true",
        "where is my card?, ' ', true, true"
    })
    void classification(String text, String pair, boolean raw, boolean truncate) {
        for (String model : List.of("ranker", "classifier")) {
            Result classified = command(
                    "classify",
                    model,
                    "--top-k=9",
                    flag(raw, "--function-to-apply=none"),
                    flag(truncate, "--truncation"),
                    flag(!pair.isEmpty(), "--text-pair=" + text(pair)),
                    "--",
                    text(text));
            Object inputs = pair.isEmpty() ? text(text) : List.of(List.of(text(text), text(pair)));
            Result answer = post(model, "/predict", Map.of("inputs", inputs, "raw_scores", raw, "truncate", truncate));
            if (!bothFail(classified, answer)) {
                JsonNode labels = pair.isEmpty() ? answer.json() : answer.json().get(0);
                assertSame(scores(classified.json().get(0), "label"), scores(labels, "label"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"where is my card?", "card 40", "card 60", " ", ""})
    void vectors(String text) {
        for (String model : List.of("encoder", "sentence")) {
            for (boolean truncate : new boolean[] {false, true}) {
                for (boolean normalize : new boolean[] {false, true}) {
                    Map<String, Object> request =
                            Map.of("inputs", text(text), "truncate", truncate, "normalize", normalize);
                    Result made = command(
                            "feature-extraction",
                            model,
                            flag(truncate, "--truncation"),
                            flag(normalize, "--normalize"),
                            "--",
                            text(text));
                    assertSameVectors(made, post(model, "/embed", request));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"query", "document", "title"})
    void prompts(String name) {
        assertSameVectors(
                command("feature-extraction", "sentence", "--prompt-name", name, "--normalize", "is it?"),
                post("sentence", "/embed", Map.of("inputs", "is it?", "prompt_name", name)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 33})
    void dimensions(int count) {
        for (boolean normalize : new boolean[] {false, true}) {
            assertSameVectors(
                    command(
                            "feature-extraction",
                            "sentence",
                            "--truncate-dim=" + count,
                            flag(normalize, "--normalize"),
                            "is it?"),
                    post(
                            "sentence",
                            "/embed",
                            Map.of("inputs", "is it?", "dimensions", count, "normalize", normalize)));
        }
    }

    private static void assertSameVectors(Result command, Result server) {
        if (!bothFail(command, server)) {
            JsonNode expected = command.json().get(0);
            JsonNode actual = server.json().get(0);
            assertEquals(expected.size(), actual.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(expected.get(i).doubleValue(), actual.get(i).doubleValue(), TOLERANCE);
            }
        }
    }
}
