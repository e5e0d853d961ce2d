package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Redactor;
import detangle.pipelines.redaction.EntityReplacer;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.redaction.ReplacedPart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The requests of Presidio's remote recognizers, and what its clients send besides. */
class PresidioApiTest extends ServerTest {
    /** The first character has two units of UTF-16, and one place in Python's texts. */
    private static final String ASKED = "\uD83D\uDE00 Ada Lovelace lives in London. Her number is 030 1234567.";

    @TempDir
    private static Path models;

    @Test
    void aModelThatFindsWhatIsNamed() throws IOException {
        List<String> labels = List.of("person", "phone number");
        try (TinyServer gliner = TinyServer.start(models, "gliner");
                Redactor redactor = Redactor.load(models.resolve("gliner"))) {
            assertEquals(
                    redactor.labels().stream().map(EntityReplacer::kind).toList(),
                    supported(gliner).valueStream().map(JsonNode::stringValue).toList());

            JsonNode all = gliner.answered("/analyze", Map.of("text", ASKED, "language", "en"));
            assertSame(redactor, DetectionOptions.DEFAULT, all);
            DocumentedJson.check(DocumentedJson.answer("/analyze"), all);
            assertEquals(all, gliner.answered("/analyze", Map.of("text", ASKED, "entities", List.of())));
            JsonNode some = gliner.answered(
                    "/analyze",
                    Map.of(
                            "text",
                            List.of(ASKED, " "),
                            "language",
                            "en",
                            "entities",
                            List.of("PERSON", "PHONE_NUMBER"),
                            "score_threshold",
                            0.3,
                            "correlation_id",
                            "7"));
            assertSame(redactor, DetectionOptions.DEFAULT.withLabels(labels).withThreshold(0.3), some.get(0));
            assertFalse(some.get(0).isEmpty());
            assertEquals(0, some.get(1).size());
            DocumentedJson.check(DocumentedJson.answer("/analyze"), some);

            gliner.refused(422, "text is not a text", "/analyze", Map.of("language", "en"));
            gliner.refused(
                    422, "has no field 'ad_hoc_recognizers'", "/analyze", Map.of("text", "a", "ad_hoc_recognizers", 1));
            gliner.refused(422, "threshold is not", "/analyze", Map.of("text", "a", "score_threshold", 2));
        }
    }

    private static JsonNode supported(TinyServer server) {
        return send(request(server.server(), "/supportedentities?language=en")
                        .GET()
                        .build())
                .json();
    }

    /** Checks that results are what redaction would replace, with places that count code points. */
    private static void assertSame(Redactor redactor, DetectionOptions options, JsonNode results) {
        List<ReplacedPart> parts =
                redactor.redact(ASKED, options, RedactionPolicy.DEFAULT).parts();
        assertEquals(parts.size(), results.size());
        for (int i = 0; i < parts.size(); i++) {
            ReplacedPart part = parts.get(i);
            JsonNode result = results.get(i);
            assertEquals(
                    EntityReplacer.kind(part.label()), result.get("entity_type").stringValue());
            assertEquals(
                    ASKED.codePointCount(0, part.start()), result.get("start").intValue());
            assertEquals(ASKED.codePointCount(0, part.end()), result.get("end").intValue());
            assertEquals(part.score(), result.get("score").doubleValue(), 1e-5);
        }
    }

    @Test
    void aModelWithKindsOfItsOwn() throws IOException {
        try (TinyServer tags = TinyServer.start(models, "tags")) {
            assertEquals(
                    List.of("PER", "LOC"),
                    supported(tags).valueStream().map(JsonNode::stringValue).toList());
            JsonNode found =
                    tags.answered("/analyze", Map.of("text", ASKED, "language", "en", "entities", List.of("PER")));
            found.forEach(
                    result -> assertEquals("PER", result.get("entity_type").stringValue()));
            assertEquals(
                    found, tags.answered("/analyze", Map.of("text", ASKED, "entities", List.of("US_PASSPORT", "PER"))));
            tags.refused(
                    422, "the model has no label", "/analyze", Map.of("text", "a", "entities", List.of("US_PASSPORT")));
        }
    }

    @Test
    void aModelThatFindsNothing() {
        refused(424, "is not served for redact", post(server, "/analyze", Map.of("text", "a")));
    }
}
