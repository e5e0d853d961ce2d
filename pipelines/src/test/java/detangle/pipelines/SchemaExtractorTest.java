package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.RandomWeights;
import detangle.models.gliner2.CountingLayer;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.gliner2.OverlapPolicy;
import detangle.models.gliner2.SpanHead;
import detangle.models.gliner2.SpanPrograms;
import detangle.models.gliner2.TokenPooling;
import detangle.models.weights.WeightsException;
import detangle.pipelines.schema.AttributeGroup;
import detangle.pipelines.schema.Cardinality;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.FieldValue;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.RecordMode;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaException;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.StructureField;
import detangle.pipelines.schema.ValueType;
import detangle.runtime.Backends;
import detangle.runtime.CompiledProgram;
import detangle.runtime.KernelCoverage;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts, labels and folders at the edges, with a GLiNER2 model of random weights. */
class SchemaExtractorTest {
    private static final String TEXT = "Ada Lovelace met Charles Babbage in London, and wrote notes.";
    private static final Schema ALL = Schema.ofEntities("person", "city")
            .and(RelationKind.of("lives in"))
            .and(Structure.of(
                    "event",
                    StructureField.of("who"),
                    StructureField.of("kind").withType(ValueType.ONE).withChoices("war", "travel")))
            .and(ClassificationTask.of("topic", "science", "sport"));

    private static final Schema BOUNDARY = Schema.ofEntities("person", "city")
            .and(RelationKind.of("lives in"))
            .and(Structure.of("event", StructureField.of("who"), StructureField.of("where"))
                    .withMode(RecordMode.NATURAL))
            .and(Structure.of("trip", StructureField.of("to").withCardinality(Cardinality.OPTIONAL_ONE))
                    .withMode(RecordMode.ANCHORLESS))
            .and(ClassificationTask.of("topic", "science", "sport"));

    /** All layers that a boundary model may have. */
    private static final String ALL_OF_BOUNDARY = """
        ,"boundary_attention_layers":1,"boundary_attention_window":3,"enable_span_content":true,"content_dim":6,
        "content_soft_max_pool":true,"enable_rotary_endpoints":true,"query_conditioned_inside_weight":true,
        "endpoint_difference_features":true,"directional_relation_states":true,"relation_biaffine_content":true,
        "adaptive_threshold":true,"boundary_top_k_alpha":0.5,"relation_pair_cap":20
        """;

    @TempDir
    private static Path models;

    private static SchemaExtractor extractor;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() throws IOException {
        extractor = SchemaExtractor.load(TinyGliner2.write(models.resolve("shared")));
    }

    @AfterAll
    static void close() {
        extractor.close();
    }

    private static SchemaAnswer extract(String text, Schema schema) {
        return extractor.extract(text, schema, SchemaOptions.DEFAULT.withThreshold(0.3));
    }

    private static List<Mention> mentions(SchemaAnswer answer) {
        List<Mention> all = new ArrayList<>();
        answer.entities().values().forEach(found -> found.forEach(e -> all.add(e.mention())));
        answer.relations().values().forEach(found -> found.forEach(r -> all.addAll(List.of(r.head(), r.tail()))));
        answer.structures()
                .values()
                .forEach(instances -> instances
                        .found()
                        .forEach(fields -> fields.values().forEach(value -> {
                            if (value instanceof FieldValue.Mentions(List<Mention> values)) {
                                all.addAll(values);
                            }
                        })));
        return all;
    }

    /** Offsets select the part, but for a full stop that was added. */
    private static void assertOffsets(String text, SchemaAnswer answer) {
        for (Mention mention : mentions(answer)) {
            String own = text.substring(mention.start(), mention.end());
            assertTrue(mention.text().equals(own) || mention.text().equals(own + "."), mention + " in " + text);
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachCountingLayerAnswers(CountingLayer counting) throws IOException {
        try (SchemaExtractor own = SchemaExtractor.load(TinyGliner2.write(folder, counting))) {
            SchemaAnswer answer = own.extract(TEXT, ALL, SchemaOptions.DEFAULT.withThreshold(0));
            assertOffsets(TEXT, answer);
            assertEquals(Set.of("topic"), answer.classifications().keySet());
            assertEquals(1, answer.classifications().get("topic").size());
        }
    }

    @Test
    void emptyAndBlankTextsAreAnswered() {
        for (String text : List.of("", " ", "\n\t\u00a0", ".", "\u200b")) {
            assertOffsets(text, extract(text, ALL));
        }
    }

    @Test
    void aBatchAnswersAsEachTextAlone() {
        List<String> texts = List.of(TEXT, "", "Oslo", "Paris is lovely.", TEXT.repeat(3));
        List<SchemaAnswer> together = extractor.extract(texts, ALL, SchemaOptions.DEFAULT.withThreshold(0.3));
        for (int i = 0; i < texts.size(); i++) {
            SchemaAnswer alone = extract(texts.get(i), ALL);
            assertEquals(
                    mentions(alone).stream().map(m -> m.start() + "-" + m.end()).toList(),
                    mentions(together.get(i)).stream()
                            .map(m -> m.start() + "-" + m.end())
                            .toList());
        }
    }

    @Test
    void twoHundredLabelsAreAnswered() {
        String[] labels = IntStream.range(0, 200).mapToObj(i -> "kind " + i).toArray(String[]::new);
        SchemaAnswer answer = extract(TEXT, Schema.ofEntities(labels).and(ClassificationTask.of("topic", labels)));
        assertTrue(answer.entities().isEmpty() || answer.entities().size() == 200);
        assertEquals(1, answer.classifications().get("topic").size());
    }

    @Test
    void labelsThatContainMarkersStayLabels() {
        Schema schema = Schema.ofEntities("[E] person", "[P]", "city [SEP_TEXT] (", "[SEP]")
                .and(ClassificationTask.of("[L] topic", "[L]", "a [DESCRIPTION] b"));
        SchemaAnswer answer = extract(TEXT, schema);
        assertOffsets(TEXT, answer);
        assertTrue(answer.entities().isEmpty()
                || answer.entities().keySet().equals(Set.of("[E] person", "[P]", "city [SEP_TEXT] (", "[SEP]")));
        assertEquals(Set.of("[L] topic"), answer.classifications().keySet());
    }

    @Test
    void longTextsAreReadInWindows() {
        String text = (TEXT + " ").repeat(60);
        SchemaAnswer answer = extract(text, Schema.ofEntities("person"));
        assertOffsets(text, answer);
        List<EntityMention> found = answer.entities().get("person");
        assertTrue(found.getLast().mention().start() > text.length() - 2 * TEXT.length());
        for (int i = 1; i < found.size(); i++) {
            assertTrue(
                    found.get(i).mention().start() >= found.get(i - 1).mention().end(), "they are not in order");
        }
        SchemaAnswer cut = extractor.extract(
                text,
                Schema.ofEntities("person"),
                SchemaOptions.DEFAULT.withThreshold(0.3).withMaxWords(5));
        assertTrue(mentions(cut).stream().allMatch(m -> m.end() <= TEXT.indexOf(" in")), cut.toString());
    }

    @Test
    void rightToLeftTextsAndMarksHaveTheirOffsets() {
        for (String text : List.of(
                "\u05e2\u05d3\u05d4 \u05dc\u05d0\u05d1\u05dc\u05d9\u05d9\u05e1 \u05d2\u05e8\u05d4"
                        + " \u05d1\u05dc\u05d5\u05e0\u05d3\u05d5\u05df",
                "\u0627\u0644\u0642\u0627\u0647\u0631\u0629 \u0645\u062f\u064a\u0646\u0629",
                "cafe\u0301 \ud83d\udc69\u200d\ud83d\ude80 \u0928\u092e\u0938\u094d\u0924\u0947",
                "\u0130stanbul \ud801\udc00\ud801\udc01 x")) {
            assertOffsets(text, extract(text, ALL));
            assertFalse(mentions(extractor.extract(text, ALL, SchemaOptions.DEFAULT.withThreshold(0)))
                    .isEmpty());
        }
    }

    @Test
    void noOperationIsLeftToTheInterpreter() throws IOException {
        Device vector = Backends.device(Optional.of("vector"), Set.of());
        for (CountingLayer counting : CountingLayer.values()) {
            Path model = TinyGliner2.write(folder.resolve(counting.text()), counting);
            for (Program program : Gliner2Programs.all(Gliner2Config.read(model, 4011))) {
                assertEquals(Set.of(), KernelCoverage.of(vector, program).lacking(), program.name());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"per_query", "shared"})
    void noOperationOfBoundaryModelsIsLeftToTheInterpreter(String pool) throws IOException {
        Device vector = Backends.device(Optional.of("vector"), Set.of());
        Path model = TinyGliner2.writeBoundary(folder, ALL_OF_BOUNDARY + ",\"candidate_pool\":\"" + pool + "\"");
        for (Program program : Gliner2Programs.all(Gliner2Config.read(model, 4011))) {
            assertEquals(Set.of(), KernelCoverage.of(vector, program).lacking(), program.name());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"per_query", "shared"})
    void boundaryModelsAndTheirArtifactsAnswerAlike(String pool) throws IOException {
        Path model = TinyGliner2.writeBoundary(
                folder.resolve("model"), ALL_OF_BOUNDARY + ",\"candidate_pool\":\"" + pool + "\"");
        Path artifact = folder.resolve("model.dtl");
        SchemaExtractor.compile(model, PipelineOptions.DEFAULT, artifact);
        List<String> texts = List.of("", "Oslo", TEXT, TEXT + " " + TEXT);
        SchemaOptions options = SchemaOptions.DEFAULT.withThreshold(0.3);
        try (SchemaExtractor folderOnes = SchemaExtractor.load(model);
                SchemaExtractor artifactOnes = SchemaExtractor.load(artifact)) {
            List<SchemaAnswer> answers = folderOnes.extract(texts, BOUNDARY, options);
            assertEquals(answers, artifactOnes.extract(texts, BOUNDARY, options));
            for (int i = 0; i < texts.size(); i++) {
                assertOffsets(texts.get(i), answers.get(i));
                assertEquals(
                        Set.of("person", "city"),
                        answers.get(i).entities().keySet(),
                        () -> "kinds are left out of " + answers);
            }
            assertFalse(mentions(answers.getLast()).isEmpty(), "nothing is found");
        }
    }

    @Test
    void architecturesRefuseWhatTheyAreNotMadeFor() throws IOException {
        Path model = TinyGliner2.writeBoundary(folder, ",\"enable_relations\":false");
        assertRefused(extractor, BOUNDARY, SchemaOptions.DEFAULT, "the mode natural");
        assertRefused(
                extractor, ALL, SchemaOptions.DEFAULT.withOverlaps(OverlapPolicy.NESTED), "a policy for overlaps");
        try (SchemaExtractor boundary = SchemaExtractor.load(model, PipelineOptions.DEFAULT.withIgnoreUnused(true))) {
            assertRefused(boundary, BOUNDARY, SchemaOptions.DEFAULT, "enable_relations");
            Schema structure = Schema.of(Structure.of("event", StructureField.of("who")));
            assertRefused(boundary, structure, SchemaOptions.DEFAULT, "the structure 'event' has no mode");
            Schema attributes = Schema.of(Entities.of("person")
                    .withAttributes(List.of(
                            new AttributeGroup("tone", List.of("glad", "sad"), false, 0.5, Optional.empty(), false))));
            assertRefused(boundary, attributes, SchemaOptions.DEFAULT, "the attribute group 'tone'");
        }
    }

    private static void assertRefused(SchemaExtractor extractor, Schema schema, SchemaOptions options, String fault) {
        SchemaException e = assertThrows(SchemaException.class, () -> extractor.extract(TEXT, schema, options));
        assertTrue(e.getMessage().contains(fault), e.getMessage());
    }

    /** Two matrices of each expert, weighted by the router, as gliner2/layers.py:275-303 has it. */
    @Test
    void expertsAreWeightedByTheRouter() throws IOException {
        Gliner2Config config = Gliner2Config.read(TinyGliner2.write(folder, CountingLayer.COUNT_LSTM_MOE), 4011);
        Program program = SpanPrograms.instances(config, (SpanHead) config.head());
        Map<String, Tensor> weights = RandomWeights.of(program);
        float[] state = new float[32];
        for (int i = 0; i < state.length; i++) {
            state[i] = (float) Math.sin(i);
        }
        double[] expected = experts(weights, state);
        try (CompiledProgram compiled = CompiledProgram.load(program, weights, SessionOptions.DEFAULT)) {
            float[] found = compiled.run(Map.of(SpanPrograms.STATES, Tensor.of(state, 1, 1, 32)))
                    .get(SpanPrograms.VECTORS)
                    .toFloats();
            double[] values = new double[found.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = found[i];
            }
            assertArrayEquals(expected, values, 1e-6);
        }
    }

    private static double[] experts(Map<String, Tensor> weights, float[] state) {
        double[] hidden = new double[32];
        for (int i = 0; i < 32; i++) {
            hidden[i] = weights.get("count_embed.router.0.bias").getDouble(i);
            for (int j = 0; j < 32; j++) {
                hidden[i] += weights.get("count_embed.router.0.weight").getDouble(i * 32L + j) * state[j];
            }
            hidden[i] = gelu(hidden[i]);
        }
        double[] logits = new double[4];
        for (int e = 0; e < 4; e++) {
            logits[e] = weights.get("count_embed.router.2.bias").getDouble(e);
            for (int j = 0; j < 32; j++) {
                logits[e] += weights.get("count_embed.router.2.weight").getDouble(e * 32L + j) * hidden[j];
            }
        }
        double[] gates = Scores.softmax(logits);
        double[] sum = new double[32];
        for (int e = 0; e < 4; e++) {
            double[] wide = new double[64];
            for (int i = 0; i < 64; i++) {
                wide[i] = weights.get("count_embed.b1").getDouble(e * 64L + i);
                for (int j = 0; j < 32; j++) {
                    wide[i] += weights.get("count_embed.w1").getDouble((e * 32L + j) * 64 + i) * state[j];
                }
                wide[i] = gelu(wide[i]);
            }
            for (int i = 0; i < 32; i++) {
                double value = weights.get("count_embed.b2").getDouble(e * 32L + i);
                for (int j = 0; j < 64; j++) {
                    value += weights.get("count_embed.w2").getDouble((e * 64L + j) * 32 + i) * wide[j];
                }
                sum[i] += gates[e] * value;
            }
        }
        return sum;
    }

    /** By the integral of the normal density, in steps. */
    private static double gelu(double x) {
        int steps = 2000;
        double area = 0;
        for (int i = 0; i < steps; i++) {
            double t = (i + 0.5) / steps * x;
            area += Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI) * x / steps;
        }
        return x * (0.5 + area);
    }

    @Test
    void tokensOfAWordArePooled() {
        float[][] tokens = {{9, 9}, {1, 4}, {3, 2}, {9, 9}};
        assertArrayEquals(new float[] {1, 4}, States.pooled(tokens, 1, 3, TokenPooling.FIRST));
        assertArrayEquals(new float[] {2, 3}, States.pooled(tokens, 1, 3, TokenPooling.MEAN));
        assertArrayEquals(new float[] {3, 4}, States.pooled(tokens, 1, 3, TokenPooling.MAX));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "config.json | architecture | \"max_width\" | \"architecture\":\"lattice\",\"max_width\"",
                "config.json | model_type | extractor | classifier",
                "config.json | counting_layer | count_lstm_v2 | count_gru",
                "config.json | token_pooling | first | last",
                "config.json | max_width | \"max_width\":6 | \"max_width\":100000",
                "encoder_config/config.json | model_type | deberta-v2 | modernbert"
            })
    void otherKindsAreRefused(String file, String field, String from, String to) throws IOException {
        Path model = TinyGliner2.write(folder);
        Path config = model.resolve(file);
        String text = Files.readString(config);
        assertTrue(text.contains(from), text);
        Files.writeString(config, text.replace(from, to));
        ConfigException e = assertThrows(ConfigException.class, () -> SchemaExtractor.load(model));
        assertTrue(e.getMessage().contains(field), e.getMessage());
        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
    }

    @Test
    void tokenizersWithoutTheMarkersAreRefused() throws IOException {
        Path model = TinyGliner2.write(folder);
        Files.delete(model.resolve("tokenizer.json"));
        Files.copy(TinyModel.SHIPPED.resolve("tokenizer.json"), model.resolve("tokenizer.json"));
        ConfigException e = assertThrows(ConfigException.class, () -> SchemaExtractor.load(model));
        assertTrue(e.getMessage().contains("does not have the token [SEP_STRUCT]"), e.getMessage());
    }

    @Test
    void weightsOfAnotherLayerAreRefused() throws IOException {
        Path model = TinyGliner2.write(folder);
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("count_lstm_v2", "count_lstm"));
        WeightsException e = assertThrows(WeightsException.class, () -> SchemaExtractor.load(model));
        assertTrue(e.getMessage().contains("count_embed.projector.0"), e.getMessage());
    }
}
