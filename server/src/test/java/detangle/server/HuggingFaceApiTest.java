package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Answer;
import detangle.pipelines.BertScore;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.BertScorer;
import detangle.pipelines.Choice;
import detangle.pipelines.Classification;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelTree;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MaskPrediction;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Pooling;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.Redactor;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.StrongestWindow;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.TokenScore;
import detangle.pipelines.WindowOptions;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.ZeroShotResult;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.redaction.ReplacedPart;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The routes of HuggingFace's inference API: every task answers in the documented form, with the numbers of its
 * pipeline.
 */
class HuggingFaceApiTest {
    static final String TEXT = "Ada lives in London, \uD83D\uDE00 and Grace in New York.";
    private static final Pattern KNOWN = Pattern.compile("has no field 'unknown'; it has (.*)");

    static final Map<String, Object> SCHEMA = Map.of(
            "entities",
            List.of("person", "city"),
            "relations",
            List.of("lives in"),
            "structures",
            Map.of("trip", Map.of("fields", List.of("who", Map.of("name", "kind", "choices", List.of("work", "fun"))))),
            "classifications",
            List.of(Map.of("task", "topic", "labels", List.of("travel", "science"))));

    @TempDir
    private static Path folder;

    private static TinyServer all;

    @BeforeAll
    static void start() throws IOException {
        all = TinyServer.start(
                folder,
                "tags",
                "nli",
                "qa",
                "org/mask",
                "choice",
                "encoder",
                "ranker",
                "gliner",
                "relations",
                "gliner2",
                "gliclass");
    }

    @AfterAll
    static void stop() {
        all.close();
    }

    private static JsonNode answered(String path, Object body) {
        return all.answered(path, body);
    }

    private static void refused(int status, String part, String path, Object body) {
        all.refused(status, part, path, body);
    }

    static void assertScore(double expected, JsonNode of) {
        assertEquals(expected, of.get("score").doubleValue(), 1e-5, of.toString());
    }

    static void assertEntity(Entity expected, String label, JsonNode actual, int before) {
        assertEquals(expected.entity(), actual.get(label).stringValue());
        assertEquals(expected.start() - before, actual.get("start").intValue());
        assertScore(expected.score(), actual);
    }

    /** Behind the emoji, which is one code point and two units of UTF-16. */
    private static int emojiBefore(int index) {
        return index > TEXT.indexOf('\uD83D') ? 1 : 0;
    }

    @Test
    void tokenClassification() {
        JsonNode entities = answered("/models/tags", Map.of("inputs", TEXT));
        JsonNode tokens = answered(
                "/models/tags",
                Map.of(
                        "inputs",
                        List.of(TEXT),
                        "parameters",
                        Map.of("aggregation_strategy", "none", "ignore_labels", List.of(), "offsets", "utf_16")));
        try (TokenClassifier classifier = TokenClassifier.load(folder.resolve("tags"))) {
            List<Entity> expected = classifier.classify(TEXT, AggregationStrategy.SIMPLE);
            assertFalse(expected.isEmpty());
            assertEquals(expected.size(), entities.size());
            for (int i = 0; i < expected.size(); i++) {
                Entity entity = expected.get(i);
                assertEntity(entity, "entity_group", entities.get(i), emojiBefore(entity.start()));
                assertEquals(entity.word(), entities.get(i).get("word").stringValue());
            }
            List<Entity> each = classifier.classify(TEXT, AggregationStrategy.NONE);
            assertTrue(tokens.get(0).size() >= each.size());
            for (Entity entity : each) {
                JsonNode same = tokens.get(0)
                        .valueStream()
                        .filter(t -> t.get("start").intValue() == entity.start()
                                && t.get("end").intValue() == entity.end())
                        .findFirst()
                        .orElseThrow();
                assertEntity(entity, "entity", same, 0);
            }
        }
        assertEquals(
                0,
                answered("/models/tags", Map.of("inputs", TEXT, "parameters", Map.of("ignore_labels", types())))
                        .size());
        refused(
                422,
                "aggregation_strategy is 'best', and not one of none, simple",
                "/models/tags",
                Map.of("inputs", TEXT, "aggregation_strategy", "best"));
        refused(
                422,
                "token-classification has no field 'candidate_labels'; it has aggregation_strategy",
                "/models/tags",
                Map.of("inputs", TEXT, "parameters", Map.of("candidate_labels", List.of("a"))));
    }

    private static List<String> types() {
        return List.of("O", "PER", "LOC");
    }

    /** A text of many windows: the entities of its parts, and one more request while it is read. */
    @Test
    void longTextsAreReadInWindows() {
        String text = (TEXT + " ").repeat(120).strip();
        JsonNode entities = answered("/models/tags", Map.of("inputs", text));
        try (TokenClassifier classifier = TokenClassifier.load(folder.resolve("tags"))) {
            List<Entity> expected = classifier.classify(text, AggregationStrategy.SIMPLE);
            assertEquals(expected.size(), entities.size());
            Entity last = expected.getLast();
            JsonNode found = entities.get(entities.size() - 1);
            assertEquals(
                    text.codePointCount(0, last.start()), found.get("start").intValue());
            assertEquals(text.codePointCount(0, last.end()), found.get("end").intValue());
        }
    }

    /** Numbers may differ in the last digits, as they are told in single precision. */
    static void assertAlike(JsonNode expected, JsonNode actual) {
        if (expected.isNumber()) {
            assertEquals(expected.doubleValue(), actual.doubleValue(), 1e-5, actual.toString());
        } else if (expected.isContainer()) {
            assertEquals(expected.size(), actual.size(), actual.toString());
            if (expected.isArray()) {
                for (int i = 0; i < expected.size(); i++) {
                    assertAlike(expected.get(i), actual.get(i));
                }
            } else {
                expected.propertyStream().forEach(field -> assertAlike(field.getValue(), actual.get(field.getKey())));
            }
        } else {
            assertEquals(expected, actual);
        }
    }

    static JsonNode json(Object value) {
        return JsonMapper.shared().valueToTree(value);
    }

    @Test
    void gliclassIsToldAPromptAndExamples() {
        List<String> labels = List.of("travel", "science", "sport");
        Map<String, Object> parameters = Map.of(
                "candidate_labels",
                labels,
                "multi_label",
                true,
                "prompt",
                "What is it about?",
                "examples",
                List.of(Map.of("text", "The train is late.", "labels", List.of("travel"))));
        JsonNode fit = answered("/models/gliclass", Map.of("inputs", "Ada lives there.", "parameters", parameters));
        ZeroShotOptions options = ZeroShotOptions.DEFAULT
                .withMultiLabel(true)
                .withPrompt("What is it about?")
                .withExamples(List.of(new LabelExample("The train is late.", List.of("travel"))));
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(folder.resolve("gliclass"))) {
            ZeroShotResult expected = classifier
                    .classify(List.of("Ada lives there."), labels, options, done -> {})
                    .getFirst();
            for (int i = 0; i < labels.size(); i++) {
                assertEquals(expected.labels().get(i), fit.get(i).get("label").stringValue());
                assertScore(expected.scores().get(i), fit.get(i));
            }
        }
        refused(
                422,
                "takes neither a prompt nor examples",
                "/models/nli",
                Map.of("inputs", TEXT, "parameters", Map.of("candidate_labels", labels, "prompt", "What?")));
        refused(
                422,
                "an element of examples needs the field 'labels'",
                "/models/gliclass",
                Map.of("inputs", TEXT, "candidate_labels", labels, "examples", List.of(Map.of("text", "x"))));
        refused(
                422,
                "examples holds something that is not an object of text, labels",
                "/models/gliclass",
                Map.of("inputs", TEXT, "candidate_labels", labels, "examples", List.of("x")));
    }

    @Test
    void gliclassIsToldGroupsOfLabelsAndChunks() {
        Map<String, Object> groups = Map.of("topic", List.of("travel", "science", "sport"));
        Map<String, Object> options = Map.of("labels_chunk_size", 2, "text_chunk_size", 40, "text_chunk_overlap", 8);
        Map<String, Object> parameters = new HashMap<>(options);
        parameters.put("candidate_labels", groups);
        JsonNode fit = answered("/models/gliclass", Map.of("inputs", TEXT, "parameters", parameters));
        parameters.put("return_hierarchical", true);
        JsonNode nested = answered("/models/gliclass", Map.of("inputs", TEXT, "parameters", parameters));
        LabelTree tree = LabelTree.of(groups);
        ZeroShotOptions asked = ZeroShotOptions.DEFAULT.withChunks(new LabelChunks(40, 8, 2));
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(folder.resolve("gliclass"))) {
            ZeroShotResult expected = classifier
                    .classify(List.of(TEXT), tree.paths(), asked, done -> {})
                    .getFirst();
            for (int i = 0; i < 3; i++) {
                String label = expected.labels().get(i);
                assertEquals(label, fit.get(i).get("label").stringValue());
                assertScore(expected.scores().get(i), fit.get(i));
                assertEquals(
                        expected.scores().get(i),
                        nested.at("/" + label.replace('.', '/')).doubleValue(),
                        1e-5);
            }
        }
        DocumentedJson.check(DocumentedJson.answer("/models/{name}/pipeline/zero-shot-classification"), nested);
        refused(
                422,
                "candidate_labels: topic has no labels",
                "/models/gliclass",
                Map.of("inputs", TEXT, "candidate_labels", Map.of("topic", List.of())));
        refused(
                422,
                "candidate_labels: topic.air is neither a list of labels nor an object of groups",
                "/models/gliclass",
                Map.of("inputs", TEXT, "candidate_labels", Map.of("topic", Map.of("air", 1))));
        refused(
                422,
                "text_chunk_overlap is for text_chunk_size",
                "/models/gliclass",
                Map.of("inputs", TEXT, "candidate_labels", groups, "text_chunk_overlap", 8));
        refused(
                422,
                "parts of 8 characters cannot share 8",
                "/models/gliclass",
                Map.of("inputs", TEXT, "candidate_labels", groups, "text_chunk_size", 8, "text_chunk_overlap", 8));
        refused(
                422,
                "neither a prompt nor examples nor chunks",
                "/models/nli",
                Map.of("inputs", TEXT, "candidate_labels", groups, "labels_chunk_size", 8));
    }

    @Test
    void guardsReadWindows() {
        String text = (TEXT + " ").repeat(20).strip();
        JsonNode found = answered(
                "/models/nli",
                Map.of(
                        "inputs",
                        List.of(text),
                        "parameters",
                        Map.of("stride", 8, "watch", List.of("neutral", "entailment"), "top_k", 2)));
        try (TextClassifier classifier = TextClassifier.load(folder.resolve("nli"))) {
            WindowOptions options = new WindowOptions(8, List.of("neutral", "entailment"));
            StrongestWindow expected = classifier
                    .classifyInWindows(List.of(text), options, done -> {})
                    .getFirst();
            assertTrue(expected.windows() > 1);
            assertEquals(2, found.get(0).size());
            for (int i = 0; i < 2; i++) {
                JsonNode label = found.get(0).get(i);
                assertEquals(
                        expected.labels().get(i).label(), label.get("label").stringValue());
                assertScore(expected.labels().get(i).score(), label);
                assertEquals(
                        text.codePointCount(0, expected.start()),
                        label.get("start").intValue());
                assertEquals(
                        text.codePointCount(0, expected.end()), label.get("end").intValue());
            }
        }
        refused(422, "watch goes with stride", "/models/nli", Map.of("inputs", TEXT, "watch", List.of("neutral")));
        refused(
                422,
                "the model has no label 'other'",
                "/models/nli",
                Map.of("inputs", TEXT, "stride", 8, "watch", List.of("other")));
        refused(
                422,
                "stride is for texts and not for pairs",
                "/models/nli",
                Map.of("inputs", Map.of("text", TEXT, "text_pair", TEXT), "parameters", Map.of("stride", 8)));
    }

    @Test
    void bertScore() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("encoder", folder.resolve("encoder")));
        List<String> candidates = List.of("A dog sat there.", "Where is my card?");
        List<List<String>> references = List.of(List.of("The cat sat there.", "A dog!"), List.of("The card is here."));
        List<Map<String, Object>> rows = IntStream.range(0, 2)
                .mapToObj(i -> Map.of("candidate", candidates.get(i), "references", (Object) references.get(i)))
                .toList();
        BertScoreOptions layer = BertScoreOptions.DEFAULT.withNumLayers(1);
        ServerOptions options =
                ServerTest.options().withTask(ServerTest.task("bertscore")).withScoring(layer);
        try (InferenceServer server = InferenceServer.start(models, options);
                BertScorer scorer = BertScorer.load(folder.resolve("encoder"), layer, PipelineOptions.DEFAULT)) {
            assertEquals(
                    "encoder: bertscore, layer 1, texts of at most 48 tokens",
                    server.models().getFirst());
            for (boolean idf : new boolean[] {false, true}) {
                JsonNode scores = ServerTest.post(
                                server, "/models/encoder", Map.of("inputs", rows, "parameters", Map.of("idf", idf)))
                        .json();
                DocumentedJson.check(DocumentedJson.answer("/models/{name}/pipeline/bertscore"), scores);
                List<BertScore> expected = scorer.withIdf(idf).score(candidates, references);
                for (int i = 0; i < 2; i++) {
                    assertAlike(json(expected.get(i)), scores.get(i));
                }
            }
            Map<String, Object> tooLong = Map.of("candidate", "card ".repeat(60), "references", List.of("card"));
            ServerTest.refused(422, "tokens, and the model takes 48", ServerTest.post(server, "/", tooLong));
            assertEquals(
                    200,
                    ServerTest.post(server, "/", Map.of("inputs", tooLong, "truncate", true))
                            .status());
        }
        ServerException alone = assertThrows(
                ServerException.class,
                () -> InferenceServer.start(models, ServerTest.options().withScoring(layer)));
        assertTrue(alone.getMessage().contains("served for bertscore"), alone.getMessage());
    }

    /** A request of a task with no more than it needs. */
    private static ObjectNode least(JsonNode task) {
        ObjectNode request = JsonMapper.shared().createObjectNode();
        for (String part : List.of("inputs", "options")) {
            ObjectNode fields = request.putObject(part.equals("inputs") ? "inputs" : "parameters");
            task.get(part)
                    .valueStream()
                    .filter(field -> field.get("required").booleanValue())
                    .forEach(field -> fields.set(
                            field.get("name").stringValue(),
                            switch (field.get("type").stringValue()) {
                                case "text" -> json("Ada [MASK] in London.");
                                case "texts" -> json(List.of("travel", "a card"));
                                case "json" -> json(SCHEMA);
                                default -> throw new AssertionError(field);
                            }));
        }
        return request;
    }

    private static Set<String> known(String path, JsonNode request) {
        ServerTest.Answer answer = ServerTest.post(all.server(), path, request);
        Matcher known = KNOWN.matcher(answer.json().get("error").stringValue());
        assertTrue(known.find(), answer.body());
        return new TreeSet<>(List.of(known.group(1).split(", ")));
    }

    private static Set<String> names(JsonNode schema) {
        return new TreeSet<>(schema.get("properties").propertyNames());
    }

    /** Each field of each task is in the document and the other way round, and answers are of the documented form. */
    @TestFactory
    Stream<DynamicTest> tasksAreAsTheDocumentSays() {
        JsonNode models = ServerTest.send(
                        ServerTest.request(all.server(), "/models").build())
                .json();
        return models.valueStream()
                .flatMap(model -> model.get("tasks")
                        .valueStream()
                        .map(task -> DynamicTest.dynamicTest(
                                model.get("name").stringValue() + " "
                                        + task.get("task").stringValue(),
                                () -> {
                                    String name = task.get("task").stringValue();
                                    String path = "/models/" + model.get("name").stringValue() + "/pipeline/" + name;
                                    String documented = "/models/{name}/pipeline/" + name;
                                    String request = DocumentedJson.request(documented);
                                    ObjectNode nested = least(task);
                                    ObjectNode flat = JsonMapper.shared().createObjectNode();
                                    flat.setAll((ObjectNode) nested.get("inputs"));
                                    flat.setAll((ObjectNode) nested.get("parameters"));
                                    ObjectNode several = nested.deepCopy();
                                    several.putArray("inputs").add(nested.get("inputs"));
                                    for (ObjectNode asked : List.of(nested, flat, several)) {
                                        DocumentedJson.check(request, asked);
                                        DocumentedJson.check(DocumentedJson.answer(documented), answered(path, asked));
                                        ObjectNode more = asked.deepCopy().put("unknown", 1);
                                        assertFalse(DocumentedJson.faults(request, more)
                                                .isEmpty());
                                    }
                                    Set<String> inputs = new TreeSet<>();
                                    task.get("inputs")
                                            .forEach(field ->
                                                    inputs.add(field.get("name").stringValue()));
                                    JsonNode schema = DocumentedJson.document().at(request);
                                    Set<String> options =
                                            known(path, nested.deepCopy().put("unknown", 1));
                                    assertEquals(options, names(schema.at("/properties/parameters")));
                                    ObjectNode input = nested.deepCopy();
                                    ((ObjectNode) input.get("inputs")).put("unknown", 1);
                                    assertEquals(known(path, input), inputs);
                                    Set<String> both = new TreeSet<>(inputs);
                                    both.addAll(options);
                                    both.addAll(List.of("inputs", "parameters", "options"));
                                    assertEquals(both, names(schema));
                                })));
    }

    @Test
    void redact() {
        List<String> labels = List.of("person", "city");
        JsonNode redacted = answered(
                "/models/gliner",
                Map.of(
                        "inputs",
                        List.of(TEXT, ""),
                        "parameters",
                        Map.of("labels", labels, "threshold", 0.3, "operator", "number", "offsets", "utf_16")));
        DetectionOptions detection = DetectionOptions.DEFAULT.withLabels(labels).withThreshold(0.3);
        try (Redactor redactor = Redactor.load(folder.resolve("gliner"))) {
            Redaction expected = redactor.redact(TEXT, detection, RedactionPolicy.of(new RedactionOperator.Number()));
            assertFalse(expected.parts().isEmpty());
            assertEquals(expected.text(), redacted.get(0).get("text").stringValue());
            for (int i = 0; i < expected.parts().size(); i++) {
                ReplacedPart part = expected.parts().get(i);
                JsonNode span = redacted.get(0).get("spans").get(i);
                assertEquals(part.label(), span.get("label").stringValue());
                assertEquals(part.start(), span.get("start").intValue());
                assertEquals(part.end(), span.get("end").intValue());
                assertEquals(part.newStart(), span.get("new_start").intValue());
                assertEquals(part.newEnd(), span.get("new_end").intValue());
                assertEquals(part.replacement(), span.get("replacement").stringValue());
                assertScore(part.score(), span);
            }
        }
        assertEquals("{\"text\":\"\",\"spans\":[]}", redacted.get(1).toString());
        DocumentedJson.check(DocumentedJson.answer("/models/{name}/pipeline/redact"), redacted);
        String masked = answered(
                        "/models/tags/pipeline/redact",
                        Map.of("inputs", TEXT, "operator", "mask", "operators", List.of("LOC=keep", "PER = mask")))
                .get("text")
                .stringValue();
        assertEquals(TEXT.codePointCount(0, TEXT.length()), masked.codePointCount(0, masked.length()));
        String path = "/models/gliner/pipeline/redact";
        refused(422, "hashes need a key", path, Map.of("inputs", TEXT, "labels", labels, "operator", "hash"));
        refused(422, "operator is 'hide', and not one of", path, Map.of("inputs", TEXT, "operator", "hide"));
        refused(
                422,
                "a label that is not looked for: 'iban'",
                path,
                Map.of("inputs", TEXT, "labels", labels, "operators", List.of("iban=keep")));
        refused(
                422,
                "one visible character",
                path,
                Map.of("inputs", TEXT, "labels", labels, "operator", "mask", "masking_char", "ab"));
    }

    @Test
    void textClassification() {
        JsonNode one = answered("/models/nli", Map.of("inputs", TEXT));
        JsonNode two = answered(
                "/models/nli",
                Map.of(
                        "inputs",
                        List.of(TEXT, Map.of("text", TEXT, "text_pair", "Ada is here.")),
                        "parameters",
                        Map.of("top_k", 2, "function_to_apply", "sigmoid")));
        try (TextClassifier classifier = TextClassifier.load(folder.resolve("nli"))) {
            List<Classification> expected = classifier.classify(TEXT);
            assertEquals(1, one.size());
            assertEquals(3, one.get(0).size());
            for (int i = 0; i < 3; i++) {
                assertEquals(
                        expected.get(i).label(), one.get(0).get(i).get("label").stringValue());
                assertScore(expected.get(i).score(), one.get(0).get(i));
            }
        }
        assertEquals(2, two.size());
        assertEquals(2, two.get(1).size());
        refused(422, "top_k is not a whole number of at least 1", "/models/nli", Map.of("inputs", TEXT, "top_k", 0));
        refused(
                422,
                "top_k stands in parameters and beside them",
                "/models/nli",
                Map.of("inputs", TEXT, "top_k", 1, "parameters", Map.of("top_k", 1)));
    }

    @Test
    void zeroShotClassification() {
        List<String> labels = List.of("travel", "science", "sport");
        JsonNode fit = answered(
                "/models/nli",
                Map.of(
                        "inputs",
                        TEXT,
                        "parameters",
                        Map.of("candidate_labels", labels, "multi_label", true, "hypothesis_template", "Of {}.")));
        JsonNode named = answered(
                "/models/nli/pipeline/zero-shot-classification",
                Map.of("inputs", List.of(TEXT), "candidate_labels", labels));
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(folder.resolve("nli"))) {
            ZeroShotResult expected = classifier.classify(TEXT, labels, "Of {}.", true);
            for (int i = 0; i < 3; i++) {
                assertEquals(expected.labels().get(i), fit.get(i).get("label").stringValue());
                assertScore(expected.scores().get(i), fit.get(i));
            }
            assertScore(
                    classifier
                            .classify(TEXT, labels, ZeroShotClassifier.TEMPLATE, false)
                            .scores()
                            .getFirst(),
                    named.get(0).get(0));
        }
        refused(
                422,
                "needs the field 'candidate_labels'",
                "/models/nli/pipeline/zero-shot-classification",
                Map.of("inputs", TEXT));
    }

    @Test
    void questionAnswering() {
        Map<String, String> question = Map.of("question", "Who lives in London?", "context", TEXT);
        JsonNode best = answered("/models/qa", Map.of("inputs", question));
        JsonNode three = answered(
                "/models/qa", Map.of("inputs", question, "parameters", Map.of("top_k", 3, "offsets", "utf_16")));
        try (QuestionAnswerer answerer = QuestionAnswerer.load(folder.resolve("qa"))) {
            List<Answer> expected = answerer.answer("Who lives in London?", TEXT, QuestionOptions.DEFAULT.withTopK(3));
            assertEquals(expected.size(), three.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(
                        expected.get(i).answer(), three.get(i).get("answer").stringValue());
                assertEquals(expected.get(i).start(), three.get(i).get("start").intValue());
                assertScore(expected.get(i).score(), three.get(i));
            }
            Answer first = answerer.answer("Who lives in London?", TEXT, QuestionOptions.DEFAULT)
                    .getFirst();
            assertEquals(first.answer(), best.get("answer").stringValue());
            assertEquals(
                    first.start() - emojiBefore(first.start()),
                    best.get("start").intValue());
        }
        refused(422, "inputs is not an object of question, context", "/models/qa", Map.of("inputs", TEXT));
        refused(422, "needs the field 'context'", "/models/qa", Map.of("inputs", Map.of("question", "Who?")));
        refused(
                422,
                "max_question_len is not a whole number of at least 1",
                "/models/qa",
                Map.of("inputs", question, "parameters", Map.of("max_question_len", 0)));
        refused(
                424,
                "qa is not served for text-ranking but for question-answering",
                "/models/qa/pipeline/text-ranking",
                Map.of("query", "a", "texts", List.of("b")));
    }

    /**
     * A text that is cut at its beginning is answered as its end, where all of it is read and where no more than its
     * end is.
     */
    @Test
    void textsAreCutAtTheirBeginning() {
        for (int words : new int[] {70, 2000}) {
            String text = "card ".repeat(words) + "Where is my money?";
            String end;
            try (TextClassifier classifier = TextClassifier.load(folder.resolve("nli"))) {
                int[] ids = classifier.tokenizer().encode(text).ids();
                // Of 48 tokens two are special ones.
                end = classifier.tokenizer().decode(Arrays.copyOfRange(ids, ids.length - 47, ids.length), true);
            }
            Map<String, Object> left = Map.of("truncate", true, "truncation_direction", "Left");
            JsonNode cut = answered("/models/nli", Map.of("inputs", text, "parameters", left));
            assertAlike(answered("/models/nli", Map.of("inputs", end)), cut);
            assertNotEquals(answered("/models/nli", Map.of("inputs", text, "truncate", true)), cut);
        }
        Map<String, Object> gliclass =
                Map.of("candidate_labels", List.of("a"), "truncate", true, "truncation_direction", "left");
        refused(
                422,
                "leave out truncation_direction",
                "/models/gliclass",
                Map.of("inputs", TEXT, "parameters", gliclass));
    }

    /** A question that is cut is answered as one that ends there. */
    @Test
    void questionsAreCut() {
        Map<String, String> cut = Map.of("question", "Who lives in London and in other towns?", "context", TEXT);
        Map<String, String> ended = Map.of("question", "Who lives", "context", TEXT);
        JsonNode answer =
                answered("/models/qa", Map.of("inputs", cut, "parameters", Map.of("max_question_len", 2, "top_k", 3)));
        assertAlike(answered("/models/qa", Map.of("inputs", ended, "parameters", Map.of("top_k", 3))), answer);
        assertNotEquals(answered("/models/qa", Map.of("inputs", cut, "parameters", Map.of("top_k", 3))), answer);
    }

    @Test
    void fillMask() {
        JsonNode one = answered("/models/org/mask", Map.of("inputs", "Where is my [MASK]?"));
        JsonNode two = answered(
                "/models/org/mask",
                Map.of("inputs", List.of("Where [MASK] my [MASK]?"), "parameters", Map.of("top_k", 2)));
        try (MaskFiller filler = MaskFiller.load(folder.resolve("mask"))) {
            List<MaskPrediction> expected =
                    filler.fill("Where is my [MASK]?", 5).getFirst();
            assertEquals(5, one.size());
            for (int i = 0; i < 5; i++) {
                assertEquals(expected.get(i).token(), one.get(i).get("token").intValue());
                assertEquals(
                        expected.get(i).tokenStr(), one.get(i).get("token_str").stringValue());
                assertEquals(
                        expected.get(i).sequence(), one.get(i).get("sequence").stringValue());
                assertScore(expected.get(i).score(), one.get(i));
            }
        }
        assertEquals(2, two.get(0).size());
        assertEquals(2, two.get(0).get(1).size());
        refused(422, "has no [MASK]", "/models/org/mask", Map.of("inputs", TEXT));
    }

    @Test
    void multipleChoice() {
        List<String> choices = List.of("I block it.", "I eat it.", "I sell it.");
        JsonNode chosen = answered(
                "/models/choice", Map.of("inputs", Map.of("prompt", "I have lost my card.", "choices", choices)));
        try (MultipleChoice chooser = MultipleChoice.load(folder.resolve("choice"))) {
            List<Choice> expected = chooser.choose("I have lost my card.", choices);
            for (int i = 0; i < 3; i++) {
                assertEquals(expected.get(i).index(), chosen.get(i).get("index").intValue());
                assertEquals(
                        expected.get(i).choice(), chosen.get(i).get("choice").stringValue());
                assertScore(expected.get(i).score(), chosen.get(i));
            }
        }
        assertEquals(chosen, answered("/models/choice", Map.of("prompt", "I have lost my card.", "choices", choices)));
        Map<String, Object> other = Map.of("prompt", TEXT, "choices", List.of("She is there.", "She reads all day."));
        JsonNode both = answered(
                "/models/choice",
                Map.of("inputs", List.of(Map.of("prompt", "I have lost my card.", "choices", choices), other)));
        assertAlike(chosen, both.get(0));
        assertAlike(answered("/models/choice", Map.of("inputs", other)), both.get(1));
        refused(
                422,
                "choice 2 of prompt 1 is empty",
                "/models/choice",
                Map.of("inputs", List.of(Map.of("prompt", "a", "choices", List.of("b", " ")), other)));
    }

    @Test
    void replacedTokenDetection() throws IOException {
        Path detector = TinyModel.write(
                folder.resolve("rtd"), "Model", List.of("LABEL_0"), Optional.of(Architecture.REPLACED_TOKEN_DETECTION));
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("rtd", detector));
        try (InferenceServer server = InferenceServer.start(
                        models, ServerTest.options().withTask(ServerTest.task("replaced-token-detection")));
                ReplacedTokenDetector pipeline = ReplacedTokenDetector.load(detector)) {
            JsonNode tokens =
                    ServerTest.post(server, "/", Map.of("inputs", TEXT)).json();
            List<TokenScore> expected = pipeline.detect(TEXT);
            assertEquals(expected.size(), tokens.size());
            for (int i = 0; i < expected.size(); i++) {
                TokenScore token = expected.get(i);
                assertScore(token.score(), tokens.get(i));
                assertEquals(
                        token.start() - emojiBefore(token.start()),
                        tokens.get(i).get("start").intValue());
            }
        }
    }

    @Test
    void vectorsAndSimilarity() {
        JsonNode vectors = answered("/models/encoder", Map.of("inputs", TEXT));
        JsonNode cosines = answered(
                "/models/encoder/pipeline/sentence-similarity",
                Map.of("inputs", Map.of("source_sentence", TEXT, "sentences", List.of(TEXT, "card"))));
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            float[] expected = extractor.encode(TEXT, Pooling.MEAN, true);
            float[] other = extractor.encode("card", Pooling.MEAN, true);
            double cosine = 0;
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], vectors.get(0).get(i).floatValue(), 1e-5);
                cosine += expected[i] * other[i];
            }
            assertEquals(1, cosines.get(0).doubleValue(), 1e-5);
            assertEquals(cosine, cosines.get(1).doubleValue(), 1e-5);
        }
        assertEquals(
                cosines,
                answered(
                        "/similarity",
                        Map.of("inputs", Map.of("source_sentence", TEXT, "sentences", List.of(TEXT, "card")))));
        refused(
                422,
                "there are no sentences to compare",
                "/similarity",
                Map.of("inputs", Map.of("source_sentence", TEXT, "sentences", List.of())));
        JsonNode ranked = answered("/models/ranker", Map.of("query", "card", "texts", List.of(TEXT, "card")));
        assertEquals(ranked, answered("/rerank", Map.of("query", "card", "texts", List.of(TEXT, "card"))));
    }

    @Test
    void modelsAreDescribed() {
        JsonNode models = ServerTest.send(
                        ServerTest.request(all.server(), "/models").build())
                .json();
        assertEquals(11, models.size());
        assertEquals("token-classification", models.get(0).get("task").stringValue());
        JsonNode nli = ServerTest.send(
                        ServerTest.request(all.server(), "/models/nli").build())
                .json();
        assertEquals("text-classification", nli.get("task").stringValue());
        assertEquals("zero-shot-classification", nli.at("/tasks/1/task").stringValue());
        assertEquals("candidate_labels", nli.at("/tasks/1/options/0/name").stringValue());
        assertTrue(nli.at("/tasks/1/options/0/required").booleanValue());
        assertEquals("token-classification, 5 labels, windows of 48 tokens", line("tags"));
        assertEquals("feature-extraction, vectors of 32 numbers, texts of at most 48 tokens", line("encoder"));
        assertTrue(line("gliner").matches("extract, windows of [0-9]+ words"), line("gliner"));
        assertEquals("extract, windows of 384 words", line("gliner2"));
        for (JsonNode model : models) {
            boolean ofWords = model.get("task").stringValue().equals("extract");
            assertEquals(
                    ofWords ? "words" : "tokens", model.get("max_input_unit").stringValue(), model.toString());
        }
    }

    private static String line(String model) {
        return all.server().models().stream()
                .filter(line -> line.startsWith(model + ": "))
                .findFirst()
                .orElseThrow()
                .substring(model.length() + 2);
    }

    /** Models are loaded and answers are not kept, so that what clients ask of that is so. */
    @Test
    void optionsOfTheServiceAreMet() {
        Map<String, Object> plain = Map.of("inputs", TEXT);
        Map<String, Object> asked =
                Map.of("inputs", TEXT, "options", Map.of("wait_for_model", true, "use_cache", false));
        assertEquals(answered("/models/tags", plain), answered("/models/tags", asked));
        refused(
                422,
                "options has no field 'use_gpu'; it has wait_for_model, use_cache",
                "/models/tags",
                Map.of("inputs", TEXT, "options", Map.of("use_gpu", true)));
        refused(422, "use_cache is neither", "/models/tags", Map.of("text", TEXT, "options", Map.of("use_cache", 1)));
    }

    @Test
    void whatIsNotServedIsRefused() {
        refused(404, "there is no model none; there are tags, nli", "/models/none", Map.of("inputs", TEXT));
        refused(
                424,
                "tags is not served for text-classification but for token-classification",
                "/models/tags/pipeline/text-classification",
                Map.of("inputs", TEXT));
        refused(422, "there is no field 'inputs'", "/models/tags", Map.of());
        refused(422, "inputs is not a text or an object of text", "/models/tags", Map.of("inputs", 7));
        refused(422, "there are no texts", "/models/tags", Map.of("inputs", List.of()));
        refused(422, "parameters is not an object", "/models/tags", Map.of("inputs", TEXT, "parameters", 7));
        refused(422, "the text is empty", "/models/tags", Map.of("inputs", " "));
    }
}
