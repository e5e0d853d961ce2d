package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LongTexts;
import detangle.pipelines.TextSpan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** GLiNER models of every kind against what GLiNER's own code finds with the same weights. */
class GlinerFamilyTest {
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gliner-token-lstm", "gliner-token-spans", "gliner-token-fused"})
    void findsWhatTheOriginalFinds(String name) throws IOException {
        FamilyFixture fixture = FamilyFixture.named(name);
        int found = 0;
        try (EntityExtractor extractor = EntityExtractor.load(fixture.write(folder))) {
            for (FamilyFixture.Case asked : fixture.cases()) {
                List<ExtractionRequest> requests = requests(asked);
                List<Extraction> together = extractor.run(requests, done -> {});
                for (int i = 0; i < requests.size(); i++) {
                    String what = name + " " + asked.name() + " " + i;
                    Extraction alone =
                            extractor.run(List.of(requests.get(i)), done -> {}).getFirst();
                    assertClose(alone, together.get(i), what);
                    // The original's answers depend on what else is in a batch, where it fuses layers or labels and
                    // words.
                    boolean padded = name.equals("gliner-token-fused") && requests.size() > 1;
                    if (!padded) {
                        JsonNode expected = asked.expected().get("entities").get(i);
                        assertEntities(expected, requests.get(i).text(), alone.entities(), what);
                        found += alone.entities().size();
                    }
                }
            }
        }
        assertTrue(found > 20, name + " finds " + found);
    }

    private static List<ExtractionRequest> requests(FamilyFixture.Case asked) {
        JsonNode o = asked.input().get("options");
        ExtractionOptions options = new ExtractionOptions(
                        o.get("threshold").doubleValue(),
                        o.path("flat_ner").asBoolean(true),
                        o.path("multi_label").asBoolean(false))
                .withLongTexts(LongTexts.CUT);
        List<ExtractionRequest> requests = new ArrayList<>();
        for (int i = 0; i < asked.texts().size(); i++) {
            String text = asked.texts().get(i);
            JsonNode spans = asked.input().path("input_spans").path(i);
            requests.add(new ExtractionRequest(
                    text,
                    strings(asked.input().get("labels"), i),
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
                                + e.get("end_utf16") + " " + e.get("label") + " " + e.get("text"))
                        .toList(),
                found.stream()
                        .map(e -> text.codePointCount(0, e.start()) + "-" + text.codePointCount(0, e.end()) + " "
                                + e.start() + "-" + e.end() + " \"" + e.entity() + "\" \"" + e.word() + "\"")
                        .toList(),
                what);
        for (int i = 0; i < found.size(); i++) {
            assertEquals(
                    expected.get(i).get("score").doubleValue(), found.get(i).score(), TOLERANCE, what);
        }
    }

    /** A text is answered alone as it is in a batch, but for rounding. */
    private static void assertClose(Extraction alone, Extraction together, String what) {
        assertEquals(
                alone.entities().stream().map(GlinerFamilyTest::place).toList(),
                together.entities().stream().map(GlinerFamilyTest::place).toList(),
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
