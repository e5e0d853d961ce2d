package detangle.pipelines;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.models.deberta.ConfigException;
import detangle.models.weights.WeightsException;
import detangle.testing.models.FormulaModel;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** GLiNER models against what GLiNER's own code finds with the same weights. */
class EntityExtractorTest {
    @TempDir
    private Path folder;

    private static final JsonNode GOLDEN = FormulaModel.golden("gliner.json");
    private static final String TEXT = "Ada Lovelace lived in London, and worked with Charles Babbage.";

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
                    Stream.of(0, 1, 2).map(i -> sentence).toList(), labels(), ExtractionOptions.DEFAULT);
            assertEquals(batch.get(0), batch.get(2));
        }
    }

    /** What gliner wrote as model_type does not matter; its own code drops it. */
    @ParameterizedTest
    @ValueSource(strings = {"gliner", "gliner_uni_encoder_span", "span"})
    void theTypeThatIsWrittenDoesNotMatter(String type) throws IOException {
        List<Entity> expected = found(TinyGliner.write(folder.resolve("plain")));
        Path model = TinyGliner.write(folder.resolve("typed"));
        change(model, config -> config.put("model_type", type));
        assertEquals(expected, found(model));
    }

    private static List<Entity> found(Path model) {
        try (EntityExtractor extractor = EntityExtractor.load(model)) {
            return extractor.extract(TEXT, labels(), ExtractionOptions.DEFAULT);
        }
    }

    private static void change(Path model, Consumer<ObjectNode> change) throws IOException {
        Path file = model.resolve("gliner_config.json");
        ObjectNode config = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
        change.accept(config);
        Files.writeString(file, config.toString());
    }

    /** A folder of early 2024: weights and a short configuration, and the model that it was made from beside it. */
    private Path old(String name) throws IOException {
        Path model = TinyGliner.write(folder.resolve("models").resolve(name));
        Path base = Files.createDirectories(model.resolveSibling("deberta-tiny"));
        Files.copy(TinyModel.SHIPPED.resolve("tokenizer.json"), base.resolve("tokenizer.json"), REPLACE_EXISTING);
        Files.delete(model.resolve("tokenizer.json"));
        change(model, config -> {
            // The base has more rows of words than tokens, as microsoft's have.
            ObjectNode encoder = ((ObjectNode) config.get("encoder_config")).put("vocab_size", 4100);
            try {
                Files.writeString(base.resolve("config.json"), encoder.toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            config.remove(List.of("encoder_config", "vocab_size", "class_token_index", "model_type", "num_rnn_layers"));
            config.remove(List.of("ent_token", "sep_token", "embed_ent_token", "words_splitter_type", "fuse_layers"));
            config.put("model_name", "some-org/deberta-tiny").put("has_rnn", true);
        });
        return model;
    }

    @Test
    void olderFoldersHaveTheTokenizerOfTheModelTheyWereMadeFrom() throws IOException {
        List<Entity> expected = found(TinyGliner.write(folder.resolve("plain")));
        assertTrue(expected.size() > 1);
        assertEquals(expected, found(old("gliner-old")));
    }

    /** The base's files in the folder itself do as well. */
    @Test
    void whatAnOlderFolderLacksMayBePutIntoIt() throws IOException {
        List<Entity> expected = found(TinyGliner.write(folder.resolve("plain")));
        Path model = old("gliner-old");
        for (String file : List.of("tokenizer.json", "config.json")) {
            Files.move(model.resolveSibling("deberta-tiny").resolve(file), model.resolve(file));
        }
        assertEquals(expected, found(model));
    }

    @Test
    void theTokenizerOfAnotherModelIsRefused() throws IOException {
        Path model = old("gliner-old");
        Path tokenizer = model.resolveSibling("deberta-tiny").resolve("tokenizer.json");
        ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(Files.readString(tokenizer));
        ArrayNode added = (ArrayNode) json.get("added_tokens");
        for (int id = 4001; id < 4003; id++) {
            added.add(((ObjectNode) added.get(0)).deepCopy().put("id", id).put("content", "[MORE" + id + "]"));
        }
        Files.writeString(tokenizer, json.toString());
        WeightsException e = assertThrows(WeightsException.class, () -> EntityExtractor.load(model));
        assertTrue(e.getMessage().contains("has 4004 rows of words, and the tokenizer 4003 tokens"), e.getMessage());
    }

    @Test
    void aBaseThatCannotBeHadIsNamed() throws IOException {
        Path model = old("gliner-old");
        change(model, config -> config.put("model_name", "/nowhere at all/deberta"));
        PipelineException e = assertThrows(PipelineException.class, () -> EntityExtractor.load(model));
        assertEquals(1, e.getMessage().lines().count());
        assertTrue(
                e.getMessage().contains("needs the tokenizer and config.json of /nowhere at all/deberta"),
                e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "span_mode | \"markerV0\" | \"conv_conv\"",
                "labels_decoder | \"name\": | \"labels_decoder\":\"x\",\"name\":",
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

    @ParameterizedTest
    @ValueSource(strings = {"hidden_size", "max_width", "max_len"})
    void sizesThatNoModelHasAreRefused(String field) throws IOException {
        Path model = TinyGliner.write(folder.resolve(field));
        change(model, config -> config.put(field, 2_000_000_000));
        ConfigException e = assertThrows(ConfigException.class, () -> EntityExtractor.load(model));
        assertTrue(e.getMessage().contains(field + " is 2000000000; it must be at most"), e.getMessage());
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
        assertTrue(
                e.getMessage().endsWith("gliner_config.json: no such file: this is not a GLiNER model"),
                e.getMessage());
    }

    @Test
    void weightsAreKeptInTheTypeThatIsAskedFor() throws IOException {
        Path model = TinyGliner.write(folder);
        PipelineOptions rounded = PipelineOptions.DEFAULT.withWeightType(DType.BF16);
        try (EntityExtractor exact = EntityExtractor.load(model);
                EntityExtractor narrow = EntityExtractor.load(model, rounded)) {
            double[] expected = scores(exact);
            assertTrue(expected.length > 0);
            assertArrayEquals(expected, scores(narrow), 0.05);
            assertFalse(Arrays.equals(expected, scores(narrow)), "the weights are not rounded");
        }
    }

    private static double[] scores(EntityExtractor extractor) {
        return extractor.extract("Ada met Bob.", List.of("person"), ExtractionOptions.DEFAULT.withThreshold(0)).stream()
                .mapToDouble(Entity::score)
                .toArray();
    }

    @Test
    void whereNothingIsLookedForNothingIsFound() throws IOException {
        try (EntityExtractor extractor = EntityExtractor.load(TinyGliner.write(folder))) {
            assertEquals(List.of(), extractor.extract("Ada", List.of(), ExtractionOptions.DEFAULT));
            assertThrows(
                    PipelineException.class, () -> extractor.extract("Ada", List.of(" "), ExtractionOptions.DEFAULT));
            assertEquals(List.of(), extractor.extract(" ", List.of("person"), ExtractionOptions.DEFAULT));
            assertEquals(List.of(), extractor.extract("", List.of("person"), ExtractionOptions.DEFAULT));
            assertEquals(
                    List.of(), extractor.extract("No.", List.of("person"), ExtractionOptions.DEFAULT.withThreshold(1)));
        }
    }
}
