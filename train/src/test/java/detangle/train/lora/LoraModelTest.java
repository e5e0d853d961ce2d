package detangle.train.lora;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.adapter.TargetModules;
import detangle.models.deberta.DebertaConfig;
import detangle.train.TrainingException;
import detangle.train.lora.LoraOptions.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoraModelTest {
    private static final String LAYER = "deberta.encoder.layer.0.";
    private static final String QUERY = LAYER + "attention.self.query_proj";
    private static final String DENSE = LAYER + "output.dense";
    private static final int ROWS = 2;
    private static final int IN = 3;

    @TempDir
    private static Path folder;

    private DebertaConfig config;

    @BeforeEach
    void readConfig() throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, """
                {"model_type": "deberta-v2", "vocab_size": 2, "hidden_size": 3, "num_hidden_layers": 1,
                 "num_attention_heads": 1, "intermediate_size": 3}
                """);
        config = DebertaConfig.read(file);
    }

    /** Two linear layers, of which one is the query's, and one of a head. */
    private static Program model() {
        Builder b = new Builder();
        Node x = b.input("x", TensorType.of(DType.F32, Dim.of(ROWS), Dim.of(IN)));
        Node query = b.dotTransposed(x, b.param(QUERY + ".weight", TensorType.of(DType.F32, IN, IN)));
        Node dense = b.dotTransposed(query, b.param(DENSE + ".weight", TensorType.of(DType.F32, IN, IN)));
        Node table = b.param("deberta.embeddings.word_embeddings.weight", TensorType.of(DType.F32, ROWS, IN));
        Node logits =
                b.dotTransposed(b.add(dense, table), b.param("classifier.weight", TensorType.of(DType.F32, IN, IN)));
        return new Program(
                "model", List.of(x), List.of(new Output("query", query), new Output("logits", logits)), Map.of());
    }

    private static LoraOptions targets(String... names) {
        return LoraOptions.DEFAULT.withTargets(TargetModules.named(List.of(names)));
    }

    private static TensorType type(long... sizes) {
        return TensorType.of(DType.F32, sizes);
    }

    @Test
    void theHeadIsTrainedAndTheEncoderIsNot() {
        LoraModel lora = LoraModel.of(model(), config, targets("query_proj").withRank(2));
        assertEquals(Map.of(QUERY, type(3, 3)), lora.modules());
        assertEquals(
                Map.of(
                        "classifier.weight",
                        type(3, 3),
                        QUERY + ".lora_A.weight",
                        type(2, 3),
                        QUERY + ".lora_B.weight",
                        type(3, 2)),
                lora.trained());
        assertEquals(
                Set.of(QUERY + ".weight", DENSE + ".weight", "deberta.embeddings.word_embeddings.weight"),
                Set.copyOf(lora.frozen()));
    }

    @Test
    void modulesAreSelectedAsByPeft() {
        assertEquals(Set.of(DENSE), selected(targets("dense")));
        assertEquals(Set.of(QUERY, DENSE), selected(targets("dense", "self.query_proj")));
        assertEquals(Set.of(QUERY, DENSE), selected(LoraOptions.DEFAULT.withTargets(new TargetModules.AllLinear())));
        assertEquals(
                Set.of(QUERY),
                selected(LoraOptions.DEFAULT.withTargets(new TargetModules.Expression(".*(query|key)_proj"))));
        assertEquals(
                Set.of(DENSE),
                selected(LoraOptions.DEFAULT.withTargets(
                        new TargetModules.Names(List.of("dense"), Optional.of(Set.of(0))))));
    }

    private Set<String> selected(LoraOptions options) {
        return LoraModel.of(model(), config, options).modules().keySet();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pos_proj | no linear layer of the encoder is called pos_proj; there are query_proj, dense",
                "classifier | no linear layer of the encoder is called classifier",
            })
    void whatIsNotThereIsRefused(String name, String message) {
        LoraOptions options = targets("query_proj", name);
        TrainingException refused = assertThrows(TrainingException.class, () -> LoraModel.of(model(), config, options));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void numbersOutsideTheirRangeAreRefused() {
        assertThrows(TrainingException.class, () -> LoraOptions.DEFAULT.withRank(0));
        assertThrows(TrainingException.class, () -> LoraOptions.DEFAULT.withDropout(1));
        assertThrows(TrainingException.class, () -> LoraOptions.DEFAULT.withAlpha(Double.NaN));
    }

    @Test
    void anAdapterBeginsWithoutAnEffect() {
        Map<String, Tensor> weights = weights();
        for (Start start : Start.values()) {
            LoraModel lora = LoraModel.of(
                    model(),
                    config,
                    targets("query_proj", "dense").withRank(64).withDora(true).withStart(start));
            Map<String, Tensor> values = lora.start(weights, 7);
            assertArrayEquals(
                    values.get(QUERY + ".lora_A.weight").toFloats(),
                    lora.start(weights, 7).get(QUERY + ".lora_A.weight").toFloats());
            double[] a = values.get(QUERY + ".lora_A.weight").toDoubles();
            double deviation = Math.sqrt(DoubleStream.of(a).map(v -> v * v).sum() / a.length);
            double expected = start == Start.UNIFORM ? 1 / Math.sqrt(3.0 * IN) : 1.0 / 64;
            assertEquals(expected, deviation, 0.2 * expected);
            Map<String, Tensor> all = new HashMap<>(weights);
            all.putAll(values);
            Map<String, Tensor> x = Map.of("x", Tensor.of(new float[] {1, -2, 3, 4, 5, -6}, ROWS, IN));
            Map<String, Tensor> before =
                    new Interpreter(Precision.F64).run(model(), x, weights).outputs();
            Map<String, Tensor> after =
                    new Interpreter(Precision.F64).run(lora.program(), x, all).outputs();
            assertArrayEquals(
                    before.get("logits").toDoubles(), after.get("logits").toDoubles(), 1e-5);
        }
    }

    private static Map<String, Tensor> weights() {
        return Map.of(
                QUERY + ".weight",
                Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, -9}, IN, IN),
                DENSE + ".weight",
                Tensor.of(new float[] {0, 1, 0, 2, 0, 0, 0, 0, -1}, IN, IN),
                "deberta.embeddings.word_embeddings.weight",
                Tensor.of(new float[] {1, 1, 1, 2, 2, 2}, ROWS, IN),
                "classifier.weight",
                Tensor.of(new float[] {1, 0, 1, 0, 1, 0, 2, 0, 0}, IN, IN));
    }

    /** The formulas of PEFT's forward passes in training (tuners/lora/layer.py, tuners/lora/dora.py). */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dropoutIsOfWhatTheAdapterReads(boolean dora) {
        double rate = 0.5;
        LoraModel lora = LoraModel.of(
                model(),
                config,
                targets("query_proj").withRank(1).withAlpha(2).withDropout(rate).withDora(dora));
        double[] x = {1, -2, 3, 4, 5, -6};
        double[] a = {0.5, -1, 2};
        double[] factorB = {1, 0.5, -2};
        double[] magnitude = {1, 2, 3};
        double[] w = weights().get(QUERY + ".weight").toDoubles();
        Map<String, Tensor> parameters = new HashMap<>(weights());
        parameters.put(QUERY + ".lora_A.weight", Tensor.ofDoubles(DType.F32, a, 1, IN));
        parameters.put(QUERY + ".lora_B.weight", Tensor.ofDoubles(DType.F32, factorB, IN, 1));
        parameters.put(QUERY + ".lora_magnitude_vector", Tensor.ofDoubles(DType.F32, magnitude, IN));
        Map<String, Tensor> inputs =
                Map.of("x", Tensor.ofDoubles(DType.F32, x, ROWS, IN), "dropout_seed", Tensor.of(new long[] {5}));
        double[] found = new Interpreter(Precision.F64)
                .run(lora.program(), inputs, parameters)
                .outputs()
                .get("query")
                .toDoubles();
        double[] uniform = uniform(5);
        for (int row = 0; row < ROWS; row++) {
            for (int out = 0; out < IN; out++) {
                double base = 0;
                double ofDropped = 0;
                double low = 0;
                double norm = 0;
                for (int i = 0; i < IN; i++) {
                    int at = row * IN + i;
                    double dropped = uniform[at] < rate ? 0 : x[at] / (1 - rate);
                    base += x[at] * w[out * IN + i];
                    ofDropped += dropped * w[out * IN + i];
                    low += dropped * a[i];
                    norm += Math.pow(w[out * IN + i] + 2 * factorB[out] * a[i], 2);
                }
                double factor = magnitude[out] / Math.sqrt(norm);
                double delta = 2 * low * factorB[out];
                double expected = dora ? base + (factor - 1) * ofDropped + factor * delta : base + delta;
                assertEquals(expected, found[row * IN + out], 1e-6);
            }
        }
    }

    /** The numbers of the first place that an adapter drops at. */
    private static double[] uniform(long seed) {
        Builder b = new Builder();
        Node input = b.input("seed", new TensorType(DType.I64, Shape.SCALAR));
        Node uniform = b.op(new TensorOp.RandomUniform(type(ROWS, IN), 1L << 32), input);
        Program program = new Program("uniform", List.of(input), List.of(new Output("u", uniform)), Map.of());
        return new Interpreter(Precision.F64)
                .run(program, Map.of("seed", Tensor.of(new long[] {seed})))
                .get("u")
                .toDoubles();
    }
}
