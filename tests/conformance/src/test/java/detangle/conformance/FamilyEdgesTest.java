package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Classification;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.LongTexts;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.task.AnswerForm;
import detangle.pipelines.task.EntityExtraction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Texts and labels at the edges, for models of every kind of GLiNER and GLiClass. */
class FamilyEdgesTest {
    private static final ExtractionOptions ALL = new ExtractionOptions(0.05, false, true);
    private static final LabelOptions EVERY = LabelOptions.DEFAULT.withThreshold(0);

    private static final String PLAIN = "Ada Lovelace met Charles Babbage in London.";

    /** Markers of both families, as texts and labels of strangers may have them. */
    private static final String MARKED = "Ada <<ENT>> met <<LABEL>>x<<SEP>> <<REL>> Bob [CLS] in <<EXAMPLE>> London.";

    private static final List<String> MARKED_LABELS =
            List.of("a <<ENT>> b", "<<SEP>>", "c<<LABEL>>d", "<<EXAMPLE>>", "<<REL>>", "[SEP]", "person");

    /** Right to left, combining characters, joined emoji, characters of two chars, and one without a width. */
    private static final String SCRIPTS = "\u05e9\u05dc\u05d5\u05dd \u0639\u0627\u0644\u0645, cafe\u0301 "
            + "\ud83d\udc69\u200d\ud83d\ude80 \ud835\udcd0da \u0928\u092e\u0938\u094d\u0924\u0947 \u6771\u4eac\u200b.";

    private static final List<String> SCRIPTS_LABELS =
            List.of("\u05de\u05e7\u05d5\u05dd", "cafe\u0301", "\ud83d\ude80", "person");
    private static final List<String> MANY =
            IntStream.range(0, 200).mapToObj(i -> "label " + i).toList();
    private static final List<String> FEW = List.of("person", "place");
    private static final String LONG = (PLAIN + " ").repeat(120);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gliner-bi-span",
                "gliner-bi-token",
                "gliner-relex-span",
                "gliner-relex-token",
                "gliner-token-fused",
                "gliner-token-lstm",
                "gliner-token-spans"
            })
    void entitiesAtTheEdges(String name) throws IOException {
        try (EntityExtractor extractor =
                EntityExtractor.load(FamilyFixture.named(name).write(folder))) {
            // The random weights of this one find little likely.
            boolean unsure = name.equals("gliner-relex-span");
            ExtractionOptions ofMany = unsure ? ALL.withThreshold(0.02) : ALL;
            ExtractionOptions ofScripts = unsure ? ALL.withThreshold(1e-6) : ALL;
            List<ExtractionRequest> requests = List.of(
                    ExtractionRequest.of("", FEW, ALL),
                    ExtractionRequest.of(" \n\t\u3000", FEW, ALL),
                    ExtractionRequest.of(PLAIN, List.of(), ALL),
                    ExtractionRequest.of(PLAIN, MANY, ofMany),
                    ExtractionRequest.of(MARKED, MARKED_LABELS, ALL),
                    ExtractionRequest.of(SCRIPTS, SCRIPTS_LABELS, ofScripts),
                    ExtractionRequest.of(LONG, FEW, ALL),
                    ExtractionRequest.of(LONG, FEW, ALL.withLongTexts(LongTexts.CUT)));
            List<Extraction> answers = extractor.run(requests, done -> {});
            for (int i = 0; i < requests.size(); i++) {
                String text = requests.get(i).text();
                List<Entity> found = answers.get(i).entities();
                assertEquals(i < 3, found.isEmpty(), name + " " + i);
                assertSame(found, extractor.run(requests.subList(i, i + 1), done -> {}), name + " " + i);
                for (Entity entity : found) {
                    assertTrue(requests.get(i).labels().contains(entity.entity()), entity.toString());
                    assertEquals(text.substring(entity.start(), entity.end()), entity.word());
                }
                assertCodePoints(text, found);
            }
            assertTrue(answers.get(6).entities().getLast().end() > LONG.length() - PLAIN.length() - 2, name);
            assertTrue(answers.get(7).entities().getLast().end() < LONG.length() / 2, name);
            assertEquals(List.of(), extractor.extract(PLAIN, List.of(), ALL));
        }
    }

    private static void assertSame(List<Entity> together, List<Extraction> alone, String what) {
        List<Entity> expected = alone.getFirst().entities();
        assertEquals(expected.size(), together.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).entity(), together.get(i).entity(), what);
            assertEquals(expected.get(i).start(), together.get(i).start(), what);
            assertEquals(expected.get(i).score(), together.get(i).score(), 1e-5, what);
        }
    }

    /** JSON counts characters as Python does. */
    private static void assertCodePoints(String text, List<Entity> found) {
        int[] points = text.codePoints().toArray();
        Extraction extraction = new Extraction(found, List.of());
        JsonNode json = JsonMapper.shared()
                .valueToTree(EntityExtraction.json(text, extraction, false, AnswerForm.SINGLE))
                .get("entities");
        assertEquals(found.size(), json.size());
        for (JsonNode entity : json) {
            int start = entity.get("start").intValue();
            int end = entity.get("end").intValue();
            assertEquals(entity.get("text").stringValue(), new String(points, start, end - start));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gliclass-bi",
                "gliclass-bi-fused",
                "gliclass-cross-attn",
                "gliclass-hopfield-last",
                "gliclass-mlp-avg",
                "gliclass-simple",
                "gliclass-weighted-max-lstm"
            })
    void labelsAtTheEdges(String name) throws IOException {
        Path model = FamilyFixture.named(name).write(folder);
        try (LabelClassifier classifier = LabelClassifier.load(model, PipelineOptions.DEFAULT.withMaxLength(2000))) {
            LabelClassifier cut = classifier.withTruncation();
            List<String> texts = List.of(PLAIN, MARKED, SCRIPTS, "\u200b", "", " \n\t\u3000");
            List<List<String>> labels = List.of(FEW, MARKED_LABELS, SCRIPTS_LABELS, FEW, FEW, FEW);
            List<List<Classification>> together = classifier.scores(texts, labels, EVERY, done -> {});
            for (int i = 0; i < texts.size(); i++) {
                List<Classification> alone = classifier
                        .scores(texts.subList(i, i + 1), labels.subList(i, i + 1), EVERY, done -> {})
                        .getFirst();
                assertEquals(
                        labels.get(i),
                        together.get(i).stream().map(Classification::label).toList());
                for (int label = 0; label < alone.size(); label++) {
                    assertEquals(
                            alone.get(label).score(), together.get(i).get(label).score(), 1e-5, name + " " + i);
                }
            }
            refused("there are no labels", () -> classifier.classify(PLAIN, List.of(), EVERY));
            List<List<Classification>> many =
                    classifier.classifyInChunks(List.of(PLAIN), MANY, LabelChunks.DEFAULT, EVERY, done -> {});
            assertEquals(200, many.getFirst().size());
            if (name.equals("gliclass-hopfield-last")) {
                refused("has place for 12 labels", () -> classifier.classify(PLAIN, MANY, EVERY));
            } else {
                assertEquals(200, classifier.classify(PLAIN, MANY, EVERY).size());
            }
            String longer = LONG.repeat(3);
            refused("tokens, and the model takes 2000", () -> classifier.classify(longer, FEW, EVERY));
            assertEquals(2, cut.classify(longer, FEW, EVERY).size());
            List<List<Classification>> parts = classifier.classifyInChunks(
                    Collections.nCopies(2, longer), FEW, new LabelChunks(3000, 50, 2), EVERY, done -> {});
            assertEquals(2, parts.size());
            assertEquals(parts.getFirst(), parts.getLast());
        }
    }

    private static void refused(String message, Runnable call) {
        PipelineException e = assertThrows(PipelineException.class, call::run);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
