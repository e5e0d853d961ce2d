package detangle.server;

import static detangle.server.TaskAnswers.TEXT;
import static detangle.server.TaskAnswers.assertAlike;
import static detangle.server.TaskAnswers.assertEntity;
import static detangle.server.TaskAnswers.assertScore;
import static detangle.server.TaskAnswers.emojiBefore;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Answer;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.Redactor;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.TokenScore;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.redaction.ReplacedPart;
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

/**
 * The routes of HuggingFace's inference API for parts of texts: token classification, redaction, question answering and
 * replaced tokens answer with the places and numbers of their pipelines.
 */
class SpansApiTest {
    @TempDir
    private static Path folder;

    private static TinyServer all;

    @BeforeAll
    static void start() throws IOException {
        all = TinyServer.start(folder, "tags", "qa", "gliner");
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
}
