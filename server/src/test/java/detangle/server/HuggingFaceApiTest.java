package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Answer;
import detangle.pipelines.Choice;
import detangle.pipelines.Classification;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MaskPrediction;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.Pooling;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.TokenScore;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotResult;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The routes of HuggingFace's inference API: every task answers in the documented form, with the numbers of its pipeline. */
class HuggingFaceApiTest {
    private static final String TEXT = "Ada lives in London, \uD83D\uDE00 and Grace in New York.";
    private static final List<String> TAGS = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");

    @TempDir
    private static Path folder;

    private static InferenceServer all;

    private static Path model(String name, String className, String... labels) throws IOException {
        return TinyModel.write(folder.resolve(name), className, List.of(labels));
    }

    @BeforeAll
    static void start() throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("tags", model("tags", "ForTokenClassification", TAGS.toArray(String[]::new)));
        models.put("nli", model("nli", "ForSequenceClassification", "contradiction", "neutral", "entailment"));
        models.put("qa", model("qa", "ForQuestionAnswering", "LABEL_0"));
        models.put("org/mask", model("mask", "ForMaskedLM", "LABEL_0"));
        models.put("choice", model("choice", "ForMultipleChoice", "LABEL_0"));
        models.put("encoder", model("encoder", "Model", "LABEL_0"));
        models.put("ranker", model("ranker", "ForSequenceClassification", "LABEL_0"));
        models.put("gliner", TinyGliner.write(folder.resolve("gliner")));
        all = InferenceServer.start(models, ServerTest.options());
    }

    @AfterAll
    static void stop() {
        all.close();
    }

    private static JsonNode answered(String path, Object body) {
        ServerTest.Answer answer = ServerTest.post(all, path, body);
        assertEquals(200, answer.status(), answer.body());
        return answer.json();
    }

    private static void refused(int status, String part, String path, Object body) {
        ServerTest.refused(status, part, ServerTest.post(all, path, body));
    }

    private static void assertScore(double expected, JsonNode of) {
        assertEquals(expected, of.get("score").doubleValue(), 1e-5, of.toString());
    }

    private static void assertEntity(Entity expected, String label, JsonNode actual, int before) {
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

    @Test
    void extract() {
        List<String> labels = List.of("person", "city");
        JsonNode entities = answered(
                "/models/gliner",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "threshold", 0.3, "offsets", "utf_16")));
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("gliner"))) {
            List<Entity> expected = extractor.extract(TEXT, labels, ExtractionOptions.DEFAULT.withThreshold(0.3));
            assertEquals(expected.size(), entities.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEntity(expected.get(i), "label", entities.get(i), 0);
                assertEquals(expected.get(i).word(), entities.get(i).get("text").stringValue());
            }
        }
        refused(422, "extract needs the field 'labels'", "/models/gliner", Map.of("inputs", TEXT));
        refused(
                422,
                "threshold is not a number of 0.0 to 1.0",
                "/models/gliner",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "threshold", 2)));
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
                "has no field 'max_question_len'",
                "/models/qa",
                Map.of("inputs", question, "parameters", Map.of("max_question_len", 7)));
        refused(
                424,
                "qa is not served for text-ranking but for question-answering",
                "/models/qa/pipeline/text-ranking",
                Map.of("query", "a", "texts", List.of("b")));
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
        JsonNode ranked = answered("/models/ranker", Map.of("query", "card", "texts", List.of(TEXT, "card")));
        assertEquals(ranked, answered("/rerank", Map.of("query", "card", "texts", List.of(TEXT, "card"))));
    }

    @Test
    void modelsAreDescribed() {
        JsonNode models =
                ServerTest.send(ServerTest.request(all, "/models").build()).json();
        assertEquals(8, models.size());
        assertEquals("token-classification", models.get(0).get("task").stringValue());
        JsonNode nli =
                ServerTest.send(ServerTest.request(all, "/models/nli").build()).json();
        assertEquals("text-classification", nli.get("task").stringValue());
        assertEquals("zero-shot-classification", nli.at("/tasks/1/task").stringValue());
        assertEquals("candidate_labels", nli.at("/tasks/1/options/0/name").stringValue());
        assertTrue(nli.at("/tasks/1/options/0/required").booleanValue());
        assertEquals("token-classification, 5 labels, windows of 48 tokens", line("tags"));
        assertEquals("feature-extraction, vectors of 32 numbers, texts of at most 48 tokens", line("encoder"));
        assertTrue(line("gliner").startsWith("extract, windows of "), line("gliner"));
    }

    private static String line(String model) {
        return all.models().stream()
                .filter(line -> line.startsWith(model + ": "))
                .findFirst()
                .orElseThrow()
                .substring(model.length() + 2);
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
