package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The page to try models, in a browser without a window: each kind of task, with what the page shows compared with
 * what the route answers. Skipped where there is no browser. The property {@code detangle.page.pictures} names a
 * folder for pictures of each, of a desk and of a phone.
 */
class PageTest {
    private static final Optional<Path> PICTURES =
            Optional.ofNullable(System.getProperty("detangle.page.pictures")).map(Path.of("")::resolve);

    private static final String SCHEMA =
            "{\"entities\":[\"person\"],\"classifications\":[{\"task\":\"topic\",\"labels\":[\"a\",\"b\"]}]}";

    /** Letters beyond 16 bits, behind which places count differently in code points. */
    private static final String TEXT = "\ud83d\ude00 Ada Lovelace was born in London.";

    @TempDir
    private static Path folder;

    private static InferenceServer server;
    private static InferenceServer detector;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        Browser.assumeInstalled();
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("banking", TinyModel.SHIPPED);
        put(models, "tokens", "ForTokenClassification", "PER", "LOC");
        put(models, "answers", "ForQuestionAnswering", "LABEL_0", "LABEL_1");
        put(models, "masks", "ForMaskedLM", "LABEL_0");
        put(models, "choices", "ForMultipleChoice", "LABEL_0");
        put(models, "org/ranker", "ForSequenceClassification", "LABEL_0");
        put(models, "inference", "ForSequenceClassification", "contradiction", "neutral", "entailment");
        put(models, "encoder", "Model", "LABEL_0");
        models.put("gliner", TinyGliner.write(folder.resolve("gliner")));
        models.put("relations", TinyGliner.writeWithRelations(folder.resolve("relations")));
        models.put("gliner2", TinyGliner2.write(folder.resolve("gliner2")));
        server = InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0));
        // What a discriminator is for has to be said.
        Path replaced = TinyModel.write(
                folder.resolve("replaced"),
                "Model",
                List.of("LABEL_0"),
                Optional.of(Architecture.REPLACED_TOKEN_DETECTION));
        detector = InferenceServer.start(
                new LinkedHashMap<>(Map.of("replaced", replaced)),
                ServerOptions.DEFAULT.withPort(0).withTask(ServerTest.task("replaced-token-detection")));
        browser = new Browser(folder.resolve("profile"));
        browser.resize(1280, 900, false);
    }

    private static void put(Map<String, Path> models, String name, String type, String... labels) throws IOException {
        models.put(name, TinyModel.write(folder.resolve(name.replace('/', '-')), type, List.of(labels)));
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        for (InferenceServer started : Arrays.asList(server, detector)) {
            if (started != null) {
                started.close();
            }
        }
    }

    /**
     * What a visitor asks.
     *
     * @param fields what stands in the page's fields, texts of a list each on a line of its own
     * @param request the same as a request
     */
    private record Visit(String model, String task, Map<String, String> fields, String request) {
        InferenceServer at() {
            return model.equals("replaced") ? detector : server;
        }

        String address() {
            StringBuilder address =
                    new StringBuilder("http://127.0.0.1:" + at().port() + "/?model=" + of(model) + "&task=" + of(task));
            fields.forEach((name, value) ->
                    address.append('&').append(name).append('=').append(of(value)));
            return address.toString();
        }

        private static String of(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }

        /** What the route answers, without the list of one answer that some tasks have. */
        JsonNode answer() {
            HttpRequest.Builder to = ServerTest.request(at(), "/models/" + model + "/pipeline/" + task);
            ServerTest.Answer answer = ServerTest.send(
                    to.POST(HttpRequest.BodyPublishers.ofString(request)).build());
            assertEquals(200, answer.status(), answer.body());
            JsonNode json = answer.json();
            return json.isArray() && json.size() == 1 && json.get(0).isArray() ? json.get(0) : json;
        }
    }

    private static DynamicTest visit(Visit visit, Check check) {
        return DynamicTest.dynamicTest(visit.task, () -> {
            browser.open(visit.address());
            browser.await("!document.getElementById('result').hidden");
            check.check(visit.answer());
            assertEquals(List.of(), browser.complaints());
            // Nothing is wider than the window, of a desk or of a phone.
            for (int width : List.of(1280, 390)) {
                browser.resize(width, 900, width == 390);
                assertTrue(
                        browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                                .booleanValue(),
                        "wider than " + width);
                keepPicture(visit.task, width);
            }
            browser.resize(1280, 900, false);
        });
    }

    private static void keepPicture(String name, int width) throws IOException, InterruptedException {
        if (PICTURES.isPresent()) {
            Files.createDirectories(PICTURES.get());
            Files.write(PICTURES.get().resolve(name + "-" + width + ".png"), browser.picture());
        }
    }

    /** Compares what the page shows with an answer. */
    private interface Check {
        void check(JsonNode answer) throws InterruptedException;
    }

    private static List<String> texts(String selector) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        browser.value("[...document.querySelectorAll('" + selector + "')].map(e => e.textContent)")
                .forEach(text -> texts.add(text.stringValue()));
        return texts;
    }

    private static String percent(JsonNode score) {
        double share = score.doubleValue();
        return share > 0 && share < 0.0005 ? "< 0.1 %" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** Bars, one for each element, by the property that names it. */
    private static Check bars(String name) {
        return answer -> {
            List<String> expected = new ArrayList<>();
            for (JsonNode element : answer) {
                expected.add(element.get(name).stringValue());
                expected.add(percent(element.get("score")));
            }
            assertFalse(expected.isEmpty());
            assertEquals(expected, texts("#result .bars span"));
        };
    }

    /** Marks in the text, with a label each where there is one. */
    private static Check marks(String text, String label) {
        return answer -> {
            assertFalse(answer.isEmpty());
            List<String> expected = new ArrayList<>();
            for (JsonNode element : answer) {
                String part = text.substring(
                        text.offsetByCodePoints(0, element.get("start").intValue()),
                        text.offsetByCodePoints(0, element.get("end").intValue()));
                expected.add(part
                        + (label.isEmpty()
                                ? ""
                                : element.get(label).stringValue() + " " + percent(element.get("score"))));
            }
            assertEquals(expected, texts("#result mark"));
        };
    }

    private static void relations(JsonNode answer) throws InterruptedException {
        assertFalse(answer.get("relations").isEmpty());
        List<String> bars = texts("#result .bars span");
        JsonNode first = answer.get("relations").get(0);
        assertTrue(
                bars.contains(first.at("/head/text").stringValue() + " > "
                        + first.at("/tail/text").stringValue() + " · "
                        + first.get("relation").stringValue()),
                bars.toString());
        assertFalse(texts("#result mark").isEmpty());
    }

    @TestFactory
    Stream<DynamicTest> eachKindOfTask() {
        String inputs = "{\"inputs\":{\"text\":\"" + TEXT + "\"}";
        return Stream.of(
                visit(
                        new Visit(
                                "banking",
                                "text-classification",
                                Map.of("text", "Where is my card?"),
                                "{\"inputs\":\"Where is my card?\"}"),
                        answer -> {
                            assertEquals(
                                    "card_arrival", texts("#result .bars span").getFirst());
                            assertEquals("93.3 %", texts("#result .bars span").get(1));
                            bars("label").check(answer);
                        }),
                visit(
                        new Visit("tokens", "token-classification", Map.of("text", TEXT), inputs + "}"),
                        marks(TEXT, "entity_group")),
                visit(
                        new Visit(
                                "gliner",
                                "extract",
                                Map.of("text", TEXT, "labels", "person\ncity", "threshold", "0"),
                                inputs + ",\"parameters\":{\"labels\":[\"person\",\"city\"],\"threshold\":0}}"),
                        marks(TEXT, "label")),
                visit(
                        new Visit(
                                "relations",
                                "extract",
                                Map.of("text", TEXT, "labels", "person\ncity", "relations", "near", "threshold", "0"),
                                inputs + ",\"parameters\":{\"labels\":[\"person\",\"city\"],\"relations\":[\"near\"],"
                                        + "\"threshold\":0}}"),
                        PageTest::relations),
                visit(
                        new Visit(
                                "gliner2",
                                "schema-extraction",
                                Map.of("text", TEXT, "schema", SCHEMA, "threshold", "0"),
                                inputs + ",\"parameters\":{\"schema\":" + SCHEMA + ",\"threshold\":0}}"),
                        answer -> {
                            List<String> bars = texts("#result .bars span");
                            JsonNode topic = answer.get("topic");
                            assertTrue(
                                    bars.contains("topic: " + topic.get("label").stringValue()), bars.toString());
                            assertTrue(bars.contains(percent(topic.get("confidence"))), bars.toString());
                            assertFalse(texts("#result mark").isEmpty());
                        }),
                visit(
                        new Visit(
                                "inference",
                                "text-classification",
                                Map.of("text", TEXT.repeat(6), "stride", "8"),
                                "{\"inputs\":{\"text\":\"" + TEXT.repeat(6) + "\"},\"parameters\":{\"stride\":8}}"),
                        answer -> {
                            bars("label").check(answer);
                            assertEquals(1, texts("#result mark").size());
                        }),
                visit(
                        new Visit(
                                "gliner",
                                "redact",
                                Map.of("text", TEXT, "labels", "person\ncity", "threshold", "0.3"),
                                inputs + ",\"parameters\":{\"labels\":[\"person\",\"city\"],\"threshold\":0.3}}"),
                        answer -> {
                            List<String> expected = new ArrayList<>();
                            for (JsonNode span : answer.get("spans")) {
                                expected.add(span.get("replacement").stringValue()
                                        + span.get("label").stringValue() + " " + percent(span.get("score")));
                            }
                            assertFalse(expected.isEmpty());
                            assertEquals(expected, texts("#result mark"));
                        }),
                visit(
                        new Visit(
                                "answers",
                                "question-answering",
                                Map.of("question", "Who?", "context", TEXT),
                                "{\"inputs\":{\"question\":\"Who?\",\"context\":\"" + TEXT + "\"}}"),
                        answer -> {
                            String words = answer.get("answer").stringValue();
                            assertEquals(List.of(words), texts("#result .answer"));
                            assertEquals(
                                    List.of(words + "answer " + percent(answer.get("score"))), texts("#result mark"));
                        }),
                visit(
                        new Visit(
                                "masks",
                                "fill-mask",
                                Map.of("text", "I lost my [MASK]."),
                                "{\"inputs\":\"I lost my [MASK].\"}"),
                        bars("sequence")),
                visit(
                        new Visit(
                                "choices",
                                "multiple-choice",
                                Map.of("prompt", "Tea?", "choices", "Yes.\nNo."),
                                "{\"inputs\":{\"prompt\":\"Tea?\",\"choices\":[\"Yes.\",\"No.\"]}}"),
                        bars("choice")),
                visit(
                        new Visit(
                                "org/ranker",
                                "text-ranking",
                                Map.of("query", "Where?", "texts", "Here.\nThere."),
                                "{\"inputs\":{\"query\":\"Where?\",\"texts\":[\"Here.\",\"There.\"]},"
                                        + "\"return_text\":true}"),
                        bars("text")),
                visit(
                        new Visit(
                                "inference",
                                "zero-shot-classification",
                                Map.of("text", "hi", "candidate_labels", "a\nb\nc"),
                                "{\"inputs\":\"hi\",\"parameters\":{\"candidate_labels\":[\"a\",\"b\",\"c\"]}}"),
                        bars("label")),
                visit(
                        new Visit("encoder", "feature-extraction", Map.of("text", "hi"), "{\"inputs\":\"hi\"}"),
                        answer -> {
                            assertEquals(List.of("A vector of " + answer.size() + " numbers"), texts("#result h2"));
                            assertTrue(texts("#result .numbers")
                                    .getFirst()
                                    .startsWith(String.format(
                                            Locale.ROOT, "%.4f, ", answer.get(0).doubleValue())));
                        }),
                visit(
                        new Visit(
                                "encoder",
                                "sentence-similarity",
                                Map.of("source_sentence", "hi", "sentences", "hello\ncard"),
                                "{\"inputs\":{\"source_sentence\":\"hi\",\"sentences\":[\"hello\",\"card\"]}}"),
                        answer -> {
                            List<String> shown = texts("#result .bars span");
                            assertEquals(4, shown.size());
                            int best =
                                    answer.get(0).doubleValue() > answer.get(1).doubleValue() ? 0 : 1;
                            assertEquals(List.of("hello", "card").get(best), shown.getFirst());
                        }),
                visit(
                        new Visit("replaced", "replaced-token-detection", Map.of("text", TEXT), inputs + "}"),
                        marks(TEXT, "")));
    }

    /** All models are there to choose from, and a visitor who chooses one gets its task's fields. */
    @Test
    void modelsAreChosen() throws Exception {
        browser.open("http://127.0.0.1:" + server.port() + "/");
        browser.await("!document.getElementById('run-field').hidden");
        assertEquals(
                List.of(
                        "banking",
                        "tokens",
                        "answers",
                        "masks",
                        "choices",
                        "org/ranker",
                        "inference",
                        "encoder",
                        "gliner",
                        "relations",
                        "gliner2"),
                texts("#model option"));
        assertTrue(browser.value("document.getElementById('key-field').hidden").booleanValue());
        keepPicture("start", 1280);
        browser.value("(() => { const model = document.getElementById('model'); model.value = 'answers';"
                + " model.dispatchEvent(new Event('change')); })()");
        assertEquals(
                List.of("field-question", "field-context"),
                JsonMapper.shared()
                        .convertValue(
                                browser.value("[...document.querySelectorAll('#inputs textarea')].map(e => e.id)"),
                                List.class));
        // The examples answer at once.
        browser.value("document.getElementById('run').click()");
        browser.await("!document.getElementById('result').hidden");
        assertTrue(
                texts("#request").getFirst().startsWith("curl http://127.0.0.1:" + server.port() + "/models/answers/"),
                texts("#request").toString());
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void errorsAreShown() throws Exception {
        browser.open(new Visit("banking", "text-classification", Map.of("text", "card ".repeat(600)), "").address());
        browser.await("!document.getElementById('error').hidden");
        assertTrue(
                texts("#error").getFirst().contains("tokens, and the model takes 512"),
                texts("#error").toString());
        // The browser itself reports every status that is an error.
        browser.complaints().removeIf(complaint -> complaint.contains("status of 422"));
        assertEquals(List.of(), browser.complaints());
    }

    /** The field for a key is there where the server has one. */
    @Test
    void aKeyIsAskedForWhereThereIsOne() throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("encoder", folder.resolve("encoder")));
        try (InferenceServer locked =
                InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0).withApiKey("secret"))) {
            browser.open("http://127.0.0.1:" + locked.port() + "/");
            browser.await("!document.getElementById('key-field').hidden");
            assertTrue(browser.value("document.getElementById('error').hidden").booleanValue());
            keepPicture("key", 1280);
            browser.value("(() => { const key = document.getElementById('key'); key.value = 'secret';"
                    + " key.dispatchEvent(new Event('change')); })()");
            browser.await("document.getElementById('field-text')");
            browser.value("document.getElementById('run').click()");
            browser.await("!document.getElementById('result').hidden");
            assertTrue(texts("#result h2").getFirst().startsWith("A vector of"));
            assertTrue(texts("#request").getFirst().contains("Bearer KEY"));
            browser.complaints().removeIf(complaint -> complaint.contains("status of 401"));
            assertEquals(List.of(), browser.complaints());
        }
    }
}
