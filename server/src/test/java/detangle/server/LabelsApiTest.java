package detangle.server;

import static detangle.server.TaskAnswers.TEXT;
import static detangle.server.TaskAnswers.assertAlike;
import static detangle.server.TaskAnswers.assertScore;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Classification;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelTree;
import detangle.pipelines.StrongestWindow;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.WindowOptions;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.ZeroShotResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The routes of HuggingFace's inference API for labels of texts: text classification and zero-shot classification answer
 * with the numbers of their pipelines.
 */
class LabelsApiTest {
    @TempDir
    private static Path folder;

    private static TinyServer all;

    @BeforeAll
    static void start() throws IOException {
        all = TinyServer.start(folder, "nli", "gliclass");
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
}
