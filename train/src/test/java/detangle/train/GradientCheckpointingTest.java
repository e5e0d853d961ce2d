package detangle.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Plan;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.SiftOptions;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.train.Toy.Recorder;
import detangle.train.lora.LoraModel;
import detangle.train.lora.LoraOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that the backward pass computes again give the same bits, and only their inputs are kept. */
class GradientCheckpointingTest {
    private static final int HIDDEN = 32;
    private static final int ROWS = 6;
    private static final int LENGTH = 12;
    private static final String SIZES = """
            "vocab_size":60,"hidden_size":32,"num_attention_heads":4,"intermediate_size":64,"hidden_act":"gelu",
            "max_position_embeddings":64,"layer_norm_eps":1e-7,"relative_attention":true,"max_relative_positions":-1,
            "pos_att_type":"c2p|p2c","position_biased_input":false,"pad_token_id":0,"initializer_range":0.1,
            "num_labels":3,"pooler_hidden_size":32,"pooler_hidden_act":"gelu","hidden_dropout_prob":0.1,
            "attention_probs_dropout_prob":0.1,"pooler_dropout":0.1""";
    private static final Map<String, String> FAMILIES = Map.of(
            "v1",
            "\"model_type\":\"deberta\"",
            "v2",
            "\"model_type\":\"deberta-v2\",\"position_buckets\":8,\"norm_rel_ebd\":\"layer_norm\",\"share_att_key\":true,"
                    + "\"conv_kernel_size\":3",
            "v3",
            "\"model_type\":\"deberta-v2\",\"position_buckets\":8,\"norm_rel_ebd\":\"layer_norm\",\"share_att_key\":true");

    @TempDir
    private Path folder;

    private DebertaConfig config(String family, int layers) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, "{" + FAMILIES.get(family) + ",\"num_hidden_layers\":" + layers + "," + SIZES + "}");
        return DebertaConfig.read(file);
    }

    private static Program program(DebertaConfig config) {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        return TrainingModel.build(config, head, TrainingModelOptions.of(head));
    }

    private static TrainableModel whole(DebertaConfig config) {
        Program program = program(config);
        return TrainableModel.of(program, RandomWeights.of(program), config.numHiddenLayers());
    }

    private static TrainableModel adapted(DebertaConfig config) {
        Program program = program(config);
        Map<String, Tensor> weights = RandomWeights.of(program);
        LoraOptions options = LoraOptions.DEFAULT.withRank(4).withDropout(0.1).withDora(true);
        LoraModel lora = LoraModel.of(program, config, options);
        Map<String, Tensor> trained = new HashMap<>(weights);
        trained.putAll(lora.start(weights, 7));
        trained.keySet().retainAll(lora.trained().keySet());
        return TrainableModel.of(lora.withConstants(weights::get), trained, config.numHiddenLayers());
    }

    /** Rows of different lengths. */
    private static Batch batch(DebertaConfig config, Random random) {
        long[] ids = new long[ROWS * LENGTH];
        long[] mask = new long[ids.length];
        long[] labels = new long[ROWS];
        for (int row = 0; row < ROWS; row++) {
            int tokens = random.nextInt(2, LENGTH + 1);
            for (int i = 0; i < tokens; i++) {
                ids[row * LENGTH + i] = random.nextInt(1, config.vocabSize());
                mask[row * LENGTH + i] = 1;
            }
            labels[row] = random.nextInt(config.numLabels());
        }
        Map<String, Tensor> inputs = Map.of(
                InputNames.IDS, Tensor.of(ids, ROWS, LENGTH),
                InputNames.MASK, Tensor.of(mask, ROWS, LENGTH),
                InputNames.LABELS, Tensor.of(labels, ROWS));
        return new Batch(inputs, ROWS, ROWS);
    }

    private static Batches batches(DebertaConfig config, int accumulated) {
        return new Batches() {
            @Override
            public int updates() {
                return 2;
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                Random random = new Random(update);
                return Stream.generate(() -> batch(config, random))
                        .limit(accumulated)
                        .toList();
            }

            @Override
            public long rows() {
                return 2L * ROWS * accumulated;
            }
        };
    }

    private static void assertSameBits(DebertaConfig config, TrainableModel model, boolean packed, int accumulated) {
        TrainingOptions options = TrainingOptions.DEFAULT
                .withMaxSteps(2)
                .withPerDeviceTrainBatchSize(ROWS)
                .withGradientAccumulationSteps(accumulated)
                .withPacking(packed)
                .with(OptimizerOptions.HUGGINGFACE.withLearningRate(0.01));
        Batches batches = batches(config, accumulated);
        Recorder kept = new Recorder();
        TrainingResult expected =
                new Trainer(model, batches, options).with(kept).train();
        Recorder again = new Recorder();
        TrainingResult actual = new Trainer(model, batches, options.withGradientCheckpointing(true))
                .with(again)
                .train();
        assertEquals(2, kept.steps.size());
        assertEquals(kept.steps, again.steps);
        TrainerTest.assertSameBits(expected.parameters(), actual.parameters());
        long before = kept.begin.orElseThrow().memory().activationBytes();
        long now = again.begin.orElseThrow().memory().activationBytes();
        assertTrue(now < 0.8 * before, () -> "the estimate went from " + before + " to " + now);
    }

    @ParameterizedTest
    @CsvSource({"v1, true, 1", "v2, false, 1", "v3, false, 1", "v3, true, 2"})
    void theSameBits(String family, boolean packed, int accumulated) throws IOException {
        DebertaConfig config = config(family, 3);
        assertSameBits(config, whole(config), packed, accumulated);
    }

    /** The perturbed passes through the layers are computed again too, for the inner gradient and for the outer one. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theSameBitsOfSift(boolean packed) throws IOException {
        DebertaConfig config = config("v3", 3);
        assertSameBits(config, sift(config), packed, 1);
    }

    private static TrainableModel sift(DebertaConfig config) {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        Program program =
                TrainingModel.build(config, head, TrainingModelOptions.of(head).with(SiftOptions.DEFAULT));
        return TrainableModel.of(program, RandomWeights.of(program), config.numHiddenLayers());
    }

    @Test
    void theSameBitsOfAnAdapter() throws IOException {
        DebertaConfig config = config("v2", 3);
        assertSameBits(config, adapted(config), true, 1);
    }

    private static double inputs(TrainableModel model, boolean again) {
        TrainingPrograms programs = TrainingPrograms.of(
                model.training(), OptimizerOptions.HUGGINGFACE.plan(Recipe.HUGGINGFACE, model.layers()), false);
        Plan step = (again ? programs.withGradientCheckpointing() : programs).step();
        long rows = 64;
        long length = 64;
        long bytes = step.memory().layout(Map.of("B", rows, "S", length)).bytes();
        return (double) bytes / (rows * length * HIDDEN * Float.BYTES);
    }

    /** Memory is measured in inputs of a layer, at a batch that is large beside the parameters. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLayerTakesItsInputAlone(boolean isAdapter) throws IOException {
        DebertaConfig three = config("v3", 3);
        TrainableModel small = isAdapter ? adapted(three) : whole(three);
        DebertaConfig six = config("v3", 6);
        TrainableModel large = isAdapter ? adapted(six) : whole(six);
        double layer = (inputs(large, false) - inputs(small, false)) / 3;
        assertTrue(layer > 11, () -> "a layer takes " + layer + " inputs without recomputation");
        double peak = inputs(large, true);
        assertEquals(1, (peak - inputs(small, true)) / 3, 0.02);
        assertTrue(peak < 6 + 1.25 * layer, () -> "the peak is " + peak + " inputs, and a layer takes " + layer);
    }

    /** The clean and the perturbed pass each keep the inputs of their layers, and one layer is there as a whole. */
    @Test
    void aLayerOfSiftTakesTwoInputs() throws IOException {
        TrainableModel small = sift(config("v3", 3));
        TrainableModel large = sift(config("v3", 6));
        double peak = inputs(large, true);
        assertEquals(2, (peak - inputs(small, true)) / 3, 0.04);
        double layer = (inputs(large, false) - inputs(small, false)) / 3;
        assertTrue(layer > 22, () -> "a layer takes " + layer + " inputs without recomputation");
    }

    @Test
    void aModelWithoutLayersIsRefused() {
        TrainingOptions options = TrainingOptions.DEFAULT.withMaxSteps(1).withGradientCheckpointing(true);
        TrainingException e = assertThrows(
                TrainingException.class, () -> new Trainer(Toy.model(), Toy.batches(options), options).train());
        assertTrue(e.getMessage().contains("encoder.layer.0."), e.getMessage());
    }
}
