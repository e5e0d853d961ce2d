package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.HeadException;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The same model out of every kind of file gives the same numbers. */
class CheckpointFormatsTest {
    /**
     * Rounded weights are another model: outputs are compared exactly with what those weights mean, and roughly, in
     * units of the tolerance for floats, with what the original weights gave.
     */
    private static final double F16_LOOSER = 2000;

    private static final double BF16_LOOSER = 16000;

    @TempDir
    Path folder;

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    static Stream<Path> stored() {
        return Fixture.all().flatMap(fixture -> {
            try (Stream<Path> files = Files.list(fixture.folder())) {
                return files.filter(f -> f.toString().endsWith(".bin")).sorted().toList().stream();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void check(Fixture fixture, Path weights, double looser) {
        // Padded positions are compared too.
        SessionOptions options = SessionOptions.DEFAULT
                .withHead(fixture.head())
                .withWeights(weights)
                .withPacking(false);
        Map<String, Tensor> outputs = new HashMap<>();
        try (Session session = Session.load(fixture.folder(), options)) {
            for (Fixture.Case c : fixture.cases()) {
                session.run(c.inputs()).forEach((key, value) -> outputs.put(c.name() + "." + key, value));
            }
        }
        assertTrue(fixture.compareOutputs(outputs, looser) > 0, "nothing was compared");
        if (looser > 1) {
            checkExactly(fixture, weights, outputs);
        }
    }

    private static void checkExactly(Fixture fixture, Path weights, Map<String, Tensor> outputs) {
        ModelOptions options = ModelOptions.DEFAULT.with(fixture.head().convention());
        Program model = DebertaModel.build(fixture.config(), fixture.head(), options);
        for (Fixture.Case c : fixture.cases()) {
            Exact.run(model, fixture.config(), weights, c.inputs()).forEach((key, expected) -> {
                double difference = Exact.difference(expected, outputs.get(c.name() + "." + key));
                double tolerance = key.startsWith("hidden") ? Fixture.HIDDEN_STATES : Fixture.LOGITS;
                assertTrue(difference <= tolerance, fixture + " " + c.name() + "." + key + " by " + difference);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("stored")
    void torchFiles(Path file) {
        Fixture fixture = Fixture.named(file.getParent().getFileName().toString());
        check(fixture, file, file.toString().contains("fp16") ? F16_LOOSER : 1);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void shards(Fixture fixture) throws IOException {
        SequencedMap<String, Tensor> one = new LinkedHashMap<>();
        SequencedMap<String, Tensor> two = new LinkedHashMap<>();
        Map<String, String> index = new TreeMap<>();
        try (Weights weights = Weights.open(fixture.folder())) {
            for (String name : weights.names()) {
                boolean first = index.size() % 2 == 0;
                (first ? one : two).put(name, weights.get(name));
                index.put(name, first ? "model-1-of-2.safetensors" : "model-2-of-2.safetensors");
            }
            SafetensorsWriter.write(folder.resolve("model-1-of-2.safetensors"), one, Map.of());
            SafetensorsWriter.write(folder.resolve("model-2-of-2.safetensors"), two, Map.of());
        }
        Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                new JsonMapper().writeValueAsString(Map.of("weight_map", index)));
        check(fixture, folder, 1);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void halfPrecision(Fixture fixture) {
        resave(fixture, name -> name, DType.F16);
        check(fixture, folder, F16_LOOSER);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void bfloat16(Fixture fixture) {
        resave(fixture, name -> name, DType.BF16);
        check(fixture, folder, BF16_LOOSER);
    }

    @Test
    void microsoftsNamesOfTheMaskedLanguageModel() {
        Fixture fixture = Fixture.named("v3-mlm-legacy");
        resave(
                fixture,
                name -> name.replace("cls.predictions.transform.", "lm_predictions.lm_head.")
                        .replace("cls.predictions.", "lm_predictions.lm_head."),
                DType.F32);
        check(fixture, folder, 1);
    }

    @Test
    void encoderUnderAnotherName() {
        Fixture fixture = Fixture.named("v3-seqcls");
        resave(fixture, name -> "model." + name.replaceFirst("^deberta\\.", "bert."), DType.F32);
        check(fixture, folder, 1);
    }

    /**
     * What microsoft's code saves from a model of v1: a matrix for each projection, with biases of zero for the keys.
     */
    @Test
    void separateProjectionsOfV1() {
        Fixture fixture = Fixture.named("v1-seqcls");
        try (Weights weights = Weights.open(fixture.folder())) {
            SafetensorsWriter.write(folder.resolve("model.safetensors"), separated(fixture, weights, 0), Map.of());
        }
        check(fixture, folder, 1);
    }

    @Test
    void separateProjectionsWithABiasThatV1LacksAreRefused() {
        Fixture fixture = Fixture.named("v1-seqcls");
        try (Weights weights = Weights.open(fixture.folder())) {
            SafetensorsWriter.write(folder.resolve("model.safetensors"), separated(fixture, weights, 1), Map.of());
        }
        RuntimeException refusal = assertThrows(RuntimeException.class, () -> check(fixture, folder, 1));
        assertTrue(refusal.getMessage().contains("key_proj.bias is not zero"), refusal.getMessage());
    }

    /** A config.json as the original code writes it, which reads v1 as a case of v2. */
    @Test
    void v1UnderMicrosoftsConfig() throws IOException {
        Fixture fixture = Fixture.named("v1-encoder");
        String config = Files.readString(fixture.folder().resolve("config.json"))
                .replaceAll("\"model_type\": *\"deberta\",?", "")
                .replaceAll("\"architectures\": *\\[[^]]*\\],?", "")
                .replace("\"pad_token_id\"", "\"padding_idx\"");
        Files.writeString(folder.resolve("config.json"), config);
        Files.copy(fixture.folder().resolve("pytorch_model.bin"), folder.resolve("pytorch_model.bin"));
        Map<String, Tensor> outputs = new HashMap<>();
        try (Session session = Session.load(folder, SessionOptions.DEFAULT)) {
            for (Fixture.Case c : fixture.cases()) {
                session.run(c.inputs()).forEach((key, value) -> outputs.put(c.name() + "." + key, value));
            }
        }
        assertTrue(fixture.compareOutputs(outputs, 1) > 0, "nothing was compared");
    }

    @Test
    void absentParametersAreNamed() {
        Fixture fixture = Fixture.named("v3-encoder");
        SessionOptions options =
                SessionOptions.DEFAULT.withHead(Fixture.named("v3-seqcls").head());
        HeadException refusal = assertThrows(HeadException.class, () -> Session.load(fixture.folder(), options));
        assertTrue(
                List.of("pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias").stream()
                        .allMatch(refusal.getMessage()::contains),
                refusal.getMessage());
    }

    private void resave(Fixture fixture, UnaryOperator<String> rename, DType dtype) {
        SequencedMap<String, Tensor> renamed = new LinkedHashMap<>();
        try (Weights weights = Weights.open(fixture.folder())) {
            for (String name : weights.names()) {
                Tensor tensor = weights.get(name);
                renamed.put(rename.apply(name), Tensor.ofDoubles(dtype, tensor.toDoubles(), tensor.shape()));
            }
            SafetensorsWriter.write(folder.resolve("model.safetensors"), renamed, Map.of());
        }
    }

    private static SequencedMap<String, Tensor> separated(Fixture fixture, Weights weights, float keyBias) {
        int heads = fixture.config().numAttentionHeads();
        int size = fixture.config().headSize();
        int hidden = heads * size;
        SequencedMap<String, Tensor> all = new LinkedHashMap<>();
        for (String name : weights.names()) {
            Tensor tensor = weights.get(name);
            String scope = name.replaceFirst("[^.]+\\.weight$", "");
            if (name.endsWith("in_proj.weight")) {
                List<String> parts = List.of("query_proj", "key_proj", "value_proj");
                for (int part = 0; part < 3; part++) {
                    double[] rows = new double[hidden * hidden];
                    for (int i = 0; i < rows.length; i++) {
                        int row = i / hidden;
                        int from = (row / size * 3 + part) * size + row % size;
                        rows[i] = tensor.getDouble((long) from * hidden + i % hidden);
                    }
                    all.put(scope + parts.get(part) + ".weight", Tensor.ofDoubles(DType.F32, rows, hidden, hidden));
                }
                float[] bias = new float[hidden];
                bias[0] = keyBias;
                all.put(scope + "key_proj.bias", Tensor.of(bias, hidden));
                all.put(scope + "pos_key_proj.bias", Tensor.of(new float[hidden], hidden));
            } else {
                all.put(
                        name.replace("q_bias", "query_proj.bias")
                                .replace("v_bias", "value_proj.bias")
                                .replace("pos_proj", "pos_key_proj")
                                .replace("pos_q_proj", "pos_query_proj"),
                        tensor);
            }
        }
        assertEquals(weights.names().size() + 4 * fixture.config().numHiddenLayers(), all.size());
        return all;
    }
}
