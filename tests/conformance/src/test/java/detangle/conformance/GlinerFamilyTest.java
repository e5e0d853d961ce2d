package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LongTexts;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextSpan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** GLiNER models of every kind against what GLiNER's own code finds with the same weights. */
class GlinerFamilyTest {
    private static final double TOLERANCE = 1e-4;

    /** Models in whose original padding takes part, so that only texts that are alone have one answer. */
    private static final Set<String> PADDED = Set.of("gliner-token-fused", "gliner-bi-token");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gliner-bi-span",
                "gliner-bi-token",
                "gliner-token-lstm",
                "gliner-token-spans",
                "gliner-token-fused",
                "gliner-relex-span",
                "gliner-relex-token"
            })
    void findsWhatTheOriginalFinds(String name) throws IOException {
        FamilyFixture fixture = FamilyFixture.named(name);
        int found = 0;
        int related = 0;
        try (EntityExtractor extractor = EntityExtractor.load(fixture.write(folder))) {
            List<FamilyFixture.Case> odd = fixture.oddCases();
            for (FamilyFixture.Case asked :
                    Stream.concat(fixture.cases().stream(), odd.stream()).toList()) {
                List<ExtractionRequest> requests = requests(asked);
                List<Extraction> together = extractor.run(requests, done -> {});
                for (int i = 0; i < requests.size(); i++) {
                    String what = name + " " + asked.name() + " " + i;
                    Extraction alone =
                            extractor.run(List.of(requests.get(i)), done -> {}).getFirst();
                    assertClose(alone, together.get(i), what);
                    // The original's answers depend on what else is in a batch, where it fuses layers or labels and
                    // words.
                    boolean padded = PADDED.contains(name) && requests.size() > 1 && !odd.contains(asked);
                    if (!padded) {
                        JsonNode expected = asked.expected().get("entities").get(i);
                        assertEntities(expected, requests.get(i).text(), alone.entities(), what);
                        assertClasses(expected, alone, what);
                        found += alone.entities().size();
                        assertRelations(
                                asked.expected().path("relations").path(i),
                                requests.get(i).text(),
                                alone,
                                what);
                        related += alone.relations().size();
                    }
                }
            }
        }
        assertTrue(found > 10, name + " finds " + found);
        assertEquals(name.contains("relex"), related > 10, name + " relates " + related);
    }

    /** A label's vector is the original's, is computed once, and is the one that was given if one was. */
    @ParameterizedTest
    @ValueSource(strings = {"gliner-bi-span", "gliner-bi-token"})
    void labelsHaveVectors(String name) throws IOException {
        FamilyFixture fixture = FamilyFixture.named(name);
        try (EntityExtractor extractor = EntityExtractor.load(fixture.write(folder));
                Weights tensors = fixture.tensors()) {
            List<String> labels = List.of("person", "place", "date");
            Map<String, float[]> vectors = extractor.labelVectors(labels);
            Tensor expected = tensors.get("single.labels_embeds");
            for (int i = 0; i < expected.elements(); i++) {
                int width = (int) expected.dim(1);
                assertEquals(expected.getDouble(i), vectors.get(labels.get(i / width))[i % width], 1e-4, name);
            }
            assertSame(
                    vectors.get("place"),
                    extractor.labelVectors(List.of("place")).get("place"));
            List<ExtractionRequest> asked = requests(fixture.caseNamed("single"));
            List<Entity> before = extractor.run(asked, done -> {}).getFirst().entities();
            extractor.giveLabelVectors(Map.of(
                    "person", vectors.get("date"), "date", vectors.get("person"), "place", vectors.get("place")));
            List<String> changed = extractor.run(asked, done -> {}).getFirst().entities().stream()
                    .map(GlinerFamilyTest::place)
                    .toList();
            Map<String, String> others = Map.of("person", "date", "date", "person", "place", "place");
            assertEquals(
                    before.stream()
                            .map(e -> e.start() + "-" + e.end() + " " + others.get(e.entity()))
                            .toList(),
                    changed);
            PipelineException e = assertThrows(
                    PipelineException.class, () -> extractor.giveLabelVectors(Map.of("person", new float[3])));
            assertTrue(e.getMessage().contains("has 3 numbers, and hidden_size is"), e.getMessage());
        }
    }

    /** A model whose encoder of labels cannot be run finds the labels whose vectors are given. */
    @Test
    void vectorsOfLabelsReplaceAnEncoderThatIsNotSupported() throws IOException {
        FamilyFixture fixture = FamilyFixture.named("gliner-bi-span");
        Path model = fixture.write(folder.resolve("known"));
        Path other = fixture.write(folder.resolve("other"));
        Path config = other.resolve("gliner_config.json");
        Files.writeString(
                config, Files.readString(config).replace("\"model_type\": \"bert\"", "\"model_type\": \"modernbert\""));
        List<ExtractionRequest> asked = requests(fixture.caseNamed("single"));
        try (EntityExtractor known = EntityExtractor.load(model);
                EntityExtractor unknown = EntityExtractor.load(other)) {
            PipelineException e = assertThrows(PipelineException.class, () -> unknown.run(asked, done -> {}));
            assertTrue(e.getMessage().contains("has the model_type 'modernbert'"), e.getMessage());
            unknown.giveLabelVectors(known.labelVectors(asked.getFirst().labels()));
            assertEquals(known.run(asked, done -> {}), unknown.run(asked, done -> {}));
        }
    }

    /** An artifact has the tokenizer of labels too, and their configuration where the model's does not state it. */
    @ParameterizedTest
    @ValueSource(strings = {"gliner-bi-span", "gliner-bi-token"})
    void anArtifactFindsTheSame(String name) throws IOException {
        FamilyFixture fixture = FamilyFixture.named(name);
        Path model = fixture.write(folder.resolve(name));
        Path artifact = folder.resolve(name + ".dtl");
        EntityExtractor.compile(model, PipelineOptions.DEFAULT, artifact);
        List<ExtractionRequest> asked = requests(fixture.caseNamed("batch"));
        Path stated = model.resolve("gliner_config.json");
        JsonNode fields = JsonMapper.shared().readTree(Files.readString(stated));
        JsonNode encoder = ((ObjectNode) fields).remove("labels_encoder_config");
        Path labels = model.resolve(fields.get("labels_encoder").stringValue());
        Path other = folder.resolve(name + "-of-model.dtl");
        Files.writeString(stated, fields.toString());
        Files.writeString(labels.resolve("config.json"), encoder.toString());
        EntityExtractor.compile(model, PipelineOptions.DEFAULT, other);
        try (EntityExtractor ofFolder = EntityExtractor.load(model);
                EntityExtractor ofFile = EntityExtractor.load(artifact);
                EntityExtractor ofOther = EntityExtractor.load(other)) {
            List<Extraction> expected = ofFolder.run(asked, done -> {});
            assertEquals(expected, ofFile.run(asked, done -> {}));
            assertEquals(expected, ofOther.run(asked, done -> {}));
        }
    }

    private static List<ExtractionRequest> requests(FamilyFixture.Case asked) {
        JsonNode o = asked.input().get("options");
        ExtractionOptions options = new ExtractionOptions(
                        o.get("threshold").doubleValue(),
                        o.path("flat_ner").asBoolean(true),
                        o.path("multi_label").asBoolean(false))
                .withLongTexts(LongTexts.CUT);
        if (o.path("return_class_probs").asBoolean(false)) {
            options = options.withClassProbabilities(true);
        }
        if (o.has("relation_threshold")) {
            options = options.withRelationThreshold(o.get("relation_threshold").doubleValue())
                    .withAdjacencyThreshold(o.get("adjacency_threshold").doubleValue());
        }
        List<ExtractionRequest> requests = new ArrayList<>();
        for (int i = 0; i < asked.texts().size(); i++) {
            String text = asked.texts().get(i);
            JsonNode spans = asked.input().path("input_spans").path(i);
            requests.add(new ExtractionRequest(
                    text,
                    strings(asked.input().get("labels"), i),
                    strings(asked.input().path("relations"), i),
                    spans.isArray() ? Optional.of(spans(spans, text)) : Optional.empty(),
                    options));
        }
        return requests;
    }

    /** The strings of a list, or those of one of its lists. */
    private static List<String> strings(JsonNode list, int index) {
        JsonNode own = list.path(0).isArray() ? list.get(index) : list;
        return own.valueStream().map(JsonNode::stringValue).toList();
    }

    private static List<TextSpan> spans(JsonNode spans, String text) {
        return spans.valueStream()
                .map(span -> new TextSpan(
                        text.offsetByCodePoints(0, span.get("start").intValue()),
                        text.offsetByCodePoints(0, span.get("end").intValue())))
                .toList();
    }

    private static void assertEntities(JsonNode expected, String text, List<Entity> found, String what) {
        assertEquals(
                expected.valueStream()
                        .map(e -> e.get("start") + "-" + e.get("end") + " " + e.get("start_utf16") + "-"
                                + e.get("end_utf16") + " " + e.get("label").stringValue() + " "
                                + e.get("text").stringValue())
                        .toList(),
                found.stream()
                        .map(e -> text.codePointCount(0, e.start()) + "-" + text.codePointCount(0, e.end()) + " "
                                + e.start() + "-" + e.end() + " " + e.entity() + " " + e.word())
                        .toList(),
                what);
        for (int i = 0; i < found.size(); i++) {
            assertEquals(
                    expected.get(i).get("score").doubleValue(), found.get(i).score(), TOLERANCE, what);
        }
    }

    /** The most probable labels of each entity, in their order, where they were asked for. */
    private static void assertClasses(JsonNode expected, Extraction found, String what) {
        for (int i = 0; i < found.classProbabilities().size(); i++) {
            JsonNode classes = expected.get(i).get("class_probs");
            Map<String, Double> likely = found.classProbabilities().get(i);
            assertEquals(List.copyOf(classes.propertyNames()), List.copyOf(likely.keySet()), what);
            likely.forEach((label, score) -> assertEquals(classes.get(label).doubleValue(), score, TOLERANCE, what));
        }
        boolean asked = !expected.isEmpty() && expected.get(0).has("class_probs");
        assertEquals(
                asked ? found.entities().size() : 0, found.classProbabilities().size(), what);
    }

    private static void assertRelations(JsonNode expected, String text, Extraction found, String what) {
        assertEquals(
                expected.valueStream()
                        .map(r -> end(r.get("head")) + " " + r.get("relation").stringValue() + " " + end(r.get("tail")))
                        .toList(),
                found.relations().stream()
                        .map(r -> end(text, found, r.head()) + " " + r.relation() + " " + end(text, found, r.tail()))
                        .toList(),
                what);
        for (int i = 0; i < found.relations().size(); i++) {
            double score = found.relations().get(i).score();
            assertEquals(expected.get(i).get("score").doubleValue(), score, TOLERANCE, what);
        }
    }

    private static String end(JsonNode end) {
        return end.get("entity_idx") + ":" + end.get("start") + "-" + end.get("end") + ":"
                + end.get("type").stringValue();
    }

    private static String end(String text, Extraction found, int place) {
        Entity entity = found.entities().get(place);
        return place + ":" + text.codePointCount(0, entity.start()) + "-" + text.codePointCount(0, entity.end()) + ":"
                + entity.entity();
    }

    /** A text is answered alone as it is in a batch, but for rounding. */
    private static void assertClose(Extraction alone, Extraction together, String what) {
        assertEquals(
                alone.entities().stream().map(GlinerFamilyTest::place).toList(),
                together.entities().stream().map(GlinerFamilyTest::place).toList(),
                what);
        assertEquals(
                alone.relations().stream()
                        .map(r -> r.head() + r.relation() + r.tail())
                        .toList(),
                together.relations().stream()
                        .map(r -> r.head() + r.relation() + r.tail())
                        .toList(),
                what);
        for (int i = 0; i < alone.entities().size(); i++) {
            assertEquals(
                    alone.entities().get(i).score(), together.entities().get(i).score(), 1e-5, what);
        }
    }

    private static String place(Entity entity) {
        return entity.start() + "-" + entity.end() + " " + entity.entity();
    }
}
