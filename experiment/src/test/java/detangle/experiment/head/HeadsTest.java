package detangle.experiment.head;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Erf;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The heads and their losses in double precision, against loops over the encoder's states. */
final class HeadsTest {
    private static final double TOLERANCE = 1e-12;
    private static final int HIDDEN = 8;
    private static final int LENGTH = 7;
    private static final double ABSENT = -10000;

    @TempDir
    Path folder;

    private final Map<String, Tensor> inputs = new HashMap<>();
    private DebertaConfig config;
    private Map<String, Tensor> weights;
    private double[][][] states;

    @BeforeEach
    void model() throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type":"deberta-v2","vocab_size":19,"hidden_size":8,"num_hidden_layers":1,
                "num_attention_heads":2,"intermediate_size":12,"type_vocab_size":0,"relative_attention":true,
                "max_relative_positions":-1,"position_buckets":4,"norm_rel_ebd":"layer_norm","share_att_key":true,
                "pos_att_type":"p2c|c2p","position_biased_input":false}
                """);
        config = DebertaConfig.read(folder);
        inputs.put("input_ids", Tensor.of(new long[] {1, 5, 6, 7, 8, 9, 2, 1, 11, 12, 13, 2, 0, 0}, 2, LENGTH));
        inputs.put("attention_mask", Tensor.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, 2, LENGTH));
    }

    /** Runs a head with its loss, and keeps its weights and the states that it reads. */
    private Map<String, Tensor> run(Head head, HeadLoss loss) {
        Program program = TrainingModel.build(config, head, loss, TrainingModelOptions.DEFAULT.withDropout(false));
        Random random = new Random(7);
        weights = new HashMap<>();
        RandomWeights.types(program).forEach((name, type) -> {
            long[] shape = type.shape().sizes();
            double[] values = new double[Math.toIntExact(Tensor.elements(shape))];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            weights.put(name, Tensor.of(values, shape));
        });
        Interpreter interpreter = new Interpreter(Precision.F64);
        Program encoder = DebertaModel.build(config, Architecture.ENCODER, ModelOptions.DEFAULT);
        double[] flat = interpreter
                .run(
                        encoder,
                        Map.of("input_ids", inputs.get("input_ids"), "attention_mask", inputs.get("attention_mask")),
                        weights)
                .outputs()
                .get("last_hidden_state")
                .toDoubles();
        states = new double[2][LENGTH][HIDDEN];
        for (int i = 0; i < flat.length; i++) {
            states[i / HIDDEN / LENGTH][i / HIDDEN % LENGTH][i % HIDDEN] = flat[i];
        }
        return interpreter.run(program, inputs, weights).outputs();
    }

    private double[] linear(String name, double[] x) {
        double[] bias = weights.get(name + ".bias").toDoubles();
        double[] matrix = weights.get(name + ".weight").toDoubles();
        double[] y = bias.clone();
        for (int o = 0; o < y.length; o++) {
            for (int i = 0; i < x.length; i++) {
                y[o] += matrix[o * x.length + i] * x[i];
            }
        }
        return y;
    }

    private double[] scores(double[] state) {
        double[] projected = linear("proj", state);
        for (int i = 0; i < projected.length; i++) {
            projected[i] *= (1 + Erf.erf(projected[i] / Math.sqrt(2))) / 2;
        }
        return linear("classifier", projected);
    }

    private static double crossEntropy(double[] scores, int label) {
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score);
        }
        return Math.log(sum) - scores[label];
    }

    @Test
    void wordsHaveClasses() {
        long[] labels = {-1, 2, 0, -100, 1, -1, -1, -1, 1, -1, 0, -1, 2, -100}; // That of padding does not count.
        inputs.put("labels", Tensor.of(labels, 2, LENGTH));
        Map<String, Tensor> outputs = run(new WordClasses(3), new WordClasses(3));
        double[] logits = outputs.get("logits").toDoubles();
        double sum = 0;
        int counted = 0;
        for (int b = 0; b < 2; b++) {
            for (int t = 0; t < (b == 0 ? 7 : 5); t++) {
                double[] scores = scores(states[b][t]);
                int first = (b * LENGTH + t) * 3;
                assertArrayEquals(
                        scores,
                        IntStream.range(first, first + 3)
                                .mapToDouble(i -> logits[i])
                                .toArray(),
                        TOLERANCE);
                int label = (int) labels[b * LENGTH + t];
                if (label >= 0) {
                    sum += crossEntropy(scores, label);
                    counted++;
                }
            }
        }
        assertEquals(5, counted);
        assertEquals(sum / counted, outputs.get("loss").getDouble(0), TOLERANCE);
    }

    private void spans(long[] starts, long[] ends, int count) {
        inputs.put("span_starts", Tensor.of(starts, 2, count));
        inputs.put("span_ends", Tensor.of(ends, 2, count));
    }

    @Test
    void entitiesAreScored() {
        long[] starts = {1, 3, 2, 0, 2, 0, 0, 0};
        long[] ends = {2, 6, 4, 0, 4, 0, 0, 0};
        long[] labels = {0, 1, -1, 0, 1, 0, 0, 0};
        spans(starts, ends, 4);
        inputs.put("labels", Tensor.of(labels, 2, 4));
        Map<String, Tensor> outputs = run(new EntityChoice(), new EntityChoice());
        double[] logits = outputs.get("logits").toDoubles();
        double sum = 0;
        for (int b = 0; b < 2; b++) {
            for (int e = 0; e < 4; e++) {
                int at = b * 4 + e;
                double expected = starts[at] < ends[at]
                        ? scores(attended(states[b], (int) starts[at], (int) ends[at]))[0]
                        : ABSENT;
                assertEquals(expected, logits[at], TOLERANCE * Math.abs(expected));
                if (starts[at] < ends[at] && labels[at] >= 0) {
                    sum += Math.log1p(Math.exp(labels[at] == 1 ? -expected : expected));
                }
            }
        }
        assertEquals(sum / 3, outputs.get("loss").getDouble(0), TOLERANCE);
    }

    /** Predictions are made by a program without a loss and without labels. */
    @Test
    void headsOfModelsWithoutALossReadTheirSpans() {
        spans(new long[] {1, 2}, new long[] {3, 4}, 1);
        inputs.put("labels", Tensor.of(new long[2], 2, 1));
        double[] withLoss =
                run(new EntityChoice(), new EntityChoice()).get("logits").toDoubles();
        Program program = DebertaModel.build(config, new EntityChoice(), ModelOptions.DEFAULT.withHiddenStates(false));
        assertEquals(
                List.of("input_ids", "attention_mask", "span_starts", "span_ends"),
                program.inputs().stream().map(Node::name).toList());
        inputs.remove("labels");
        assertArrayEquals(
                withLoss,
                new Interpreter(Precision.F64)
                        .run(program, inputs, weights)
                        .outputs()
                        .get("logits")
                        .toDoubles());
    }

    private static double[] attended(double[][] states, int start, int end) {
        double[] sum = new double[HIDDEN];
        double total = 0;
        for (int t = start; t < end; t++) {
            double dot = 0;
            for (int h = 0; h < HIDDEN; h++) {
                dot += states[t][h] * states[0][h];
            }
            double weight = Math.exp(dot / Math.sqrt(HIDDEN));
            total += weight;
            for (int h = 0; h < HIDDEN; h++) {
                sum[h] += weight * states[t][h];
            }
        }
        for (int h = 0; h < HIDDEN; h++) {
            sum[h] /= total;
        }
        return sum;
    }

    @Test
    void noEntityHasALossOfZero() {
        spans(new long[2], new long[2], 1);
        inputs.put("labels", Tensor.of(new long[2], 2, 1));
        Map<String, Tensor> outputs = run(new EntityChoice(), new EntityChoice());
        assertEquals(0, outputs.get("loss").getDouble(0));
        assertArrayEquals(new double[] {ABSENT, ABSENT}, outputs.get("logits").toDoubles());
    }

    @Test
    void wordsOfAPairAreCompared() {
        spans(new long[] {1, 4, 1, 3}, new long[] {3, 5, 2, 4}, 2);
        inputs.put("labels", Tensor.of(new long[] {1, -1}, 2, 1));
        Map<String, Tensor> outputs = run(new WordPair(2), new WordPair(2));
        double[] logits = outputs.get("logits").toDoubles();
        double[] first = new double[3 * HIDDEN];
        double[] second = new double[3 * HIDDEN];
        for (int h = 0; h < HIDDEN; h++) {
            first[h] = states[0][0][h];
            first[HIDDEN + h] = (states[0][1][h] + states[0][2][h]) / 2;
            first[2 * HIDDEN + h] = states[0][4][h];
            second[h] = states[1][0][h];
            second[HIDDEN + h] = states[1][1][h];
            second[2 * HIDDEN + h] = states[1][3][h];
        }
        assertArrayEquals(scores(first), new double[] {logits[0], logits[1]}, TOLERANCE);
        assertArrayEquals(scores(second), new double[] {logits[2], logits[3]}, TOLERANCE);
        assertEquals(crossEntropy(scores(first), 1), outputs.get("loss").getDouble(0), TOLERANCE);
    }
}
