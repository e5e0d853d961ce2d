package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.ConfigException;
import detangle.models.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** GLiNER models against what GLiNER's own code finds with the same weights. */
class EntityExtractorTest {
    @TempDir
    private Path folder;

    private static final JsonNode GOLDEN = FormulaModel.golden("gliner.json");

    private static List<String> labels() {
        List<String> labels = new ArrayList<>();
        GOLDEN.get("labels").forEach(l -> labels.add(l.stringValue()));
        return labels;
    }

    static IntStream models() {
        return IntStream.range(0, GOLDEN.get("cases").size());
    }

    @ParameterizedTest
    @MethodSource("models")
    void findsWhatTheOriginalCodeFinds(int index) throws IOException {
        JsonNode golden = GOLDEN.get("cases").get(index);
        try (EntityExtractor extractor = EntityExtractor.load(TinyGliner.write(folder, golden))) {
            for (JsonNode asked : golden.get("asked")) {
                JsonNode o = asked.get("options");
                ExtractionOptions options = new ExtractionOptions(
                        o.get("threshold").doubleValue(),
                        o.path("flat_ner").asBoolean(true),
                        o.path("multi_label").asBoolean(false));
                String text = asked.get("text").stringValue();
                List<Entity> found = extractor.extract(text, labels(), options);
                List<String> expected = new ArrayList<>();
                asked.get("entities")
                        .forEach(e -> expected.add(e.get("start") + "-" + e.get("end") + " "
                                + e.get("label").stringValue() + " "
                                + e.get("text").stringValue()));
                assertEquals(
                        expected,
                        found.stream()
                                .map(e -> text.codePointCount(0, e.start()) + "-" + text.codePointCount(0, e.end())
                                        + " " + e.entity() + " " + e.word())
                                .toList());
                for (int i = 0; i < found.size(); i++) {
                    double score = asked.get("entities").get(i).get("score").doubleValue();
                    assertEquals(score, found.get(i).score(), 1e-4);
                }
            }
        }
    }

    @Test
    void longTextsAreReadInWindows() throws IOException {
        String sentence = "Ada Lovelace lived in London, and worked with Charles Babbage. ";
        try (EntityExtractor extractor = EntityExtractor.load(TinyGliner.write(folder))) {
            String text = sentence.repeat(12);
            List<Entity> found = extractor.extract(text, labels(), ExtractionOptions.DEFAULT);
            assertTrue(found.getFirst().start() < sentence.length());
            assertTrue(found.getLast().end() > text.length() - sentence.length());
            for (int i = 0; i < found.size(); i++) {
                Entity entity = found.get(i);
                assertEquals(text.substring(entity.start(), entity.end()), entity.word());
                assertTrue(i == 0 || entity.start() >= found.get(i - 1).end(), "entities overlap");
            }
            List<List<Entity>> batch = extractor.extract(
                    Stream.of(0, 1, 2).map(i -> sentence).toList(), labels(), ExtractionOptions.DEFAULT, done -> {});
            assertEquals(batch.get(0), batch.get(2));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "span_mode | \"markerV0\" | \"token_level\"",
                "labels_encoder | \"name\": | \"labels_encoder\":\"x\",\"name\":",
                "fuse_layers | \"fuse_layers\":false | \"fuse_layers\":true",
                "model_type | \"deberta-v2\" | \"bert\""
            })
    void otherKindsAreRefused(String field, String from, String to) throws IOException {
        Path model = TinyGliner.write(folder.resolve(field));
        Path config = model.resolve("gliner_config.json");
        String text = Files.readString(config);
        assertTrue(text.contains(from), text);
        Files.writeString(config, text.replace(from, to));
        ConfigException e = assertThrows(ConfigException.class, () -> EntityExtractor.load(model));
        assertTrue(e.getMessage().contains(field), e.getMessage());
        assertTrue(e.getMessage().contains("gliner_config.json"), e.getMessage());
    }

    @Test
    void weightsOfAnotherSizeAreRefused() throws IOException {
        ObjectNode golden = (ObjectNode) GOLDEN.get("cases").get(0).deepCopy();
        ((ObjectNode) golden.get("parameters"))
                .putArray("rnn.lstm.weight_hh_l0")
                .add(1)
                .add(24)
                .add(5);
        Path model = TinyGliner.write(folder, golden);
        WeightsException e = assertThrows(WeightsException.class, () -> EntityExtractor.load(model));
        assertTrue(e.getMessage().contains("rnn.lstm.weight_hh_l0 has shape [24,5]"), e.getMessage());
    }

    @Test
    void aClassifierIsNoExtractor() {
        ConfigException e = assertThrows(ConfigException.class, () -> EntityExtractor.load(TinyModel.SHIPPED));
        assertTrue(e.getMessage().contains("gliner_config.json"), e.getMessage());
    }

    @Test
    void nothingToLookForIsRefused() throws IOException {
        try (EntityExtractor extractor = EntityExtractor.load(TinyGliner.write(folder))) {
            assertThrows(PipelineException.class, () -> extractor.extract("Ada", List.of(), ExtractionOptions.DEFAULT));
            assertThrows(
                    PipelineException.class,
                    () -> extractor.extract(" ", List.of("person"), ExtractionOptions.DEFAULT));
            assertEquals(
                    List.of(), extractor.extract("No.", List.of("person"), ExtractionOptions.DEFAULT.withThreshold(1)));
        }
    }
}
