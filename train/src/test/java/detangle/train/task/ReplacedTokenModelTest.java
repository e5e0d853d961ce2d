package detangle.train.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.EmbeddingSharing;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ReplacedTokenConfig;
import detangle.models.deberta.ReplacedTokenWeights;
import detangle.models.deberta.ReplacedTokenWriter;
import detangle.models.weights.Weights;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.Moment;
import detangle.train.OptimizerOptions;
import detangle.train.SavingOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingPhase;
import detangle.train.optimizer.OptimizerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generators and discriminators are trained, written, read again, and trained further. */
class ReplacedTokenModelTest {
    private static final String WORDS = "deberta.embeddings.word_embeddings";
    private static final int VOCABULARY = 20;
    private static final int UPDATES = 4;

    private static final String MODEL = """
            {"model_type": "deberta-v2", "vocab_size": 20, "hidden_size": 8, "num_hidden_layers": %d,
             "num_attention_heads": 2, "intermediate_size": 8, "max_position_embeddings": 16, "type_vocab_size": 0,
             "relative_attention": true, "position_buckets": 4, "norm_rel_ebd": "layer_norm", "share_att_key": true,
             "pos_att_type": "p2c|c2p", "position_biased_input": false}
            """;

    @TempDir
    private Path folder;

    private ReplacedTokenConfig config(EmbeddingSharing sharing) throws IOException {
        Path file = folder.resolve("rtd.json");
        Files.writeString(
                file,
                "{\"embedding_sharing\": \"" + sharing.text() + "\", \"generator\": " + MODEL.formatted(1)
                        + ", \"discriminator\": " + MODEL.formatted(2) + "}");
        return ReplacedTokenConfig.read(file);
    }

    /** Two rows of six tokens, of which the third is masked in one and the fourth in the other. */
    private static Batches batches() {
        return new Batches() {
            @Override
            public int updates() {
                return UPDATES;
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                long[] ids = new Random(update).longs(12, 5, VOCABULARY).toArray();
                Tensor labels = Tensor.of(new long[] {ids[2], ids[9]}, 2);
                ids[2] = 4;
                ids[9] = 4;
                long[] mask = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
                return List.of(new Batch(
                        Map.of(
                                InputNames.IDS, Tensor.of(ids, 2, 6),
                                InputNames.MASK, Tensor.of(mask, 2, 6),
                                InputNames.MASKED_ROWS, Tensor.of(new long[] {2, 9}, 2),
                                InputNames.LABELS, labels),
                        2,
                        2));
            }

            @Override
            public long rows() {
                return 2L * UPDATES;
            }
        };
    }

    private static TrainingOptions options(SavingOptions saving) {
        return TrainingOptions.MICROSOFT
                .withMaxSteps(UPDATES)
                .with(OptimizerOptions.MICROSOFT.withLearningRate(0.01).withWarmupRatio(0))
                .with(saving);
    }

    private static Trainer trainer(
            ReplacedTokenConfig config, boolean decoupled, Map<String, Tensor> begin, SavingOptions saving) {
        ReplacedTokenPhases phases = ReplacedTokenPhases.of(config, 10);
        List<TrainingPhase> all = decoupled ? phases.decoupled(OptionalDouble.of(0.02)) : phases.joint();
        TrainableModel model = TrainableModel.of(all, begin, 0)
                .withWriter(
                        (to, parameters) -> ReplacedTokenWriter.of(config, to).writeInto(to, parameters));
        return new Trainer(model, batches(), options(saving));
    }

    private static Map<String, Tensor> begin(ReplacedTokenConfig config) {
        return ReplacedTokenWeights.of(config, Optional.empty(), Optional.empty(), 3)
                .parameters();
    }

    /**
     * A training that stops after half of its updates and goes on ends with the same bits as one that never stopped.
     */
    @ParameterizedTest
    @EnumSource(EmbeddingSharing.class)
    void goesOnBitForBit(EmbeddingSharing sharing) throws IOException {
        ReplacedTokenConfig config = config(sharing);
        // One sharing is enough for joint training.
        for (boolean decoupled :
                sharing == EmbeddingSharing.GDES ? new boolean[] {true, false} : new boolean[] {true}) {
            List<TrainingCallback.Step> steps = new ArrayList<>();
            TrainingCallback recorder = new TrainingCallback() {
                @Override
                public void onStep(Step step) {
                    steps.add(step);
                }
            };
            Map<String, Tensor> begin = begin(config);
            Map<String, Tensor> whole = trainer(config, decoupled, begin, SavingOptions.NONE)
                    .with(recorder)
                    .train()
                    .parameters();
            Path output = folder.resolve(sharing.text() + decoupled);
            SavingOptions saving = SavingOptions.in(output).withStrategy(Moment.STEPS, 2);
            TrainingCallback stop = new TrainingCallback() {
                @Override
                public boolean stops() {
                    return Files.isDirectory(output.resolve("checkpoint-2"));
                }
            };
            trainer(config, decoupled, begin, saving).with(stop).train();
            assertFalse(Files.exists(output.resolve("checkpoint-4")));
            Map<String, Tensor> resumed = trainer(config, decoupled, begin, saving.withResume(true))
                    .train()
                    .parameters();
            assertEquals(whole.keySet(), resumed.keySet());
            whole.forEach((name, value) ->
                    assertArrayEquals(value.toFloats(), resumed.get(name).toFloats(), name));
            assertEquals(decoupled ? 2 : 1, steps.getFirst().phases().size());
            if (decoupled) {
                assertEquals(0.01, steps.getFirst().phases().getFirst().learningRate());
                assertEquals(0.02, steps.getFirst().phases().getLast().learningRate());
            }
            checkDiscriminator(output.resolve("checkpoint-4"), sharing, whole);
        }
    }

    /** Layers of the generator and of the discriminator are others, though both are numbered from 0. */
    @Test
    void layersOfBothModelsAreComputedAgain() throws IOException {
        ReplacedTokenConfig config = config(EmbeddingSharing.GDES);
        Map<String, Tensor> begin = begin(config);
        Trainer plain = trainer(config, false, begin, SavingOptions.NONE);
        Trainer again =
                new Trainer(plain.model(), plain.batches(), plain.options().withGradientCheckpointing(true));
        List<Long> bytes = new ArrayList<>();
        TrainingCallback memory = new TrainingCallback() {
            @Override
            public void onBegin(Begin told) {
                bytes.add(told.memory().activationBytes());
            }
        };
        Map<String, Tensor> expected = plain.with(memory).train().parameters();
        Map<String, Tensor> actual = again.with(memory).train().parameters();
        expected.forEach((name, value) ->
                assertArrayEquals(value.toFloats(), actual.get(name).toFloats(), name));
        assertTrue(bytes.getLast() < bytes.getFirst(), bytes.toString());
    }

    @Test
    void ratesByLayersAreRefused() throws IOException {
        ReplacedTokenConfig config = config(EmbeddingSharing.GDES);
        Trainer plain = trainer(config, false, begin(config), SavingOptions.NONE);
        TrainingOptions options = plain.options();
        Trainer decaying = new Trainer(
                plain.model(), plain.batches(), options.with(options.optimizer().withLayerwiseDecay(0.9)));
        String message = assertThrows(OptimizerException.class, decaying::train).getMessage();
        assertTrue(message.startsWith("layerwise_decay is 0.9: rates follow from the layers of an encoder"), message);
    }

    private static void checkDiscriminator(Path checkpoint, EmbeddingSharing sharing, Map<String, Tensor> parameters) {
        float[] ofGenerator = parameters.get("generator." + WORDS + ".weight").toFloats();
        try (Weights generator = Weights.open(checkpoint.resolve("generator"));
                Weights discriminator = Weights.open(checkpoint.resolve("discriminator"))) {
            assertArrayEquals(ofGenerator, generator.get(WORDS + ".weight").toFloats());
            float[] table = discriminator.get(WORDS + ".weight").toFloats();
            assertFalse(discriminator.contains(WORDS + "._weight"));
            switch (sharing) {
                case NONE ->
                    assertArrayEquals(
                            parameters.get("discriminator." + WORDS + ".weight").toFloats(), table);
                case ES -> assertArrayEquals(ofGenerator, table);
                case GDES -> {
                    float[] own = parameters
                            .get("discriminator." + WORDS + "._weight")
                            .toFloats();
                    for (int i = 0; i < table.length; i++) {
                        assertEquals(ofGenerator[i] + own[i], table[i]);
                    }
                }
            }
        }
    }

    /** A written discriminator has whole tables; gdes begins again with their difference from the generator's. */
    @Test
    void goesOnFromModelsThatWereWritten() throws IOException {
        ReplacedTokenConfig config = config(EmbeddingSharing.GDES);
        Map<String, Tensor> trained = new HashMap<>(begin(config));
        float[] difference = new float[VOCABULARY * 8];
        difference[9] = 0.5f;
        trained.put("discriminator." + WORDS + "._weight", Tensor.of(difference, VOCABULARY, 8));
        ReplacedTokenWriter.of(config, folder).write(folder, trained);
        Path generator = folder.resolve("generator");
        Path discriminator = folder.resolve("discriminator");
        ReplacedTokenWeights both =
                ReplacedTokenWeights.of(config, Optional.of(generator), Optional.of(discriminator), 4);
        assertEquals(List.of(), both.notices());
        assertEquals(trained.keySet(), both.parameters().keySet());
        Tensor found = both.parameters().get("discriminator." + WORDS + "._weight");
        assertArrayEquals(difference, found.toFloats(), 1e-7f);
        assertArrayEquals(
                trained.get("discriminator.mask_predictions.dense.weight").toFloats(),
                both.parameters()
                        .get("discriminator.mask_predictions.dense.weight")
                        .toFloats());
        // A discriminator alone: the generator begins with other values, and the sum is still the checkpoint's table.
        ReplacedTokenWeights alone = ReplacedTokenWeights.of(config, Optional.empty(), Optional.of(discriminator), 4);
        float[] ofGenerator =
                alone.parameters().get("generator." + WORDS + ".weight").toFloats();
        float[] own =
                alone.parameters().get("discriminator." + WORDS + "._weight").toFloats();
        try (Weights weights = Weights.open(discriminator)) {
            float[] table = weights.get(WORDS + ".weight").toFloats();
            for (int i = 0; i < table.length; i++) {
                assertEquals(table[i], ofGenerator[i] + own[i], 1e-7);
            }
        }
        List<String> notices = ReplacedTokenWeights.of(
                        config(EmbeddingSharing.ES), Optional.of(generator), Optional.of(discriminator), 4)
                .notices();
        assertEquals(1, notices.size());
        assertTrue(notices.getFirst().contains("are not taken"), notices::toString);
    }

    @Test
    void beginsWithDifferentValuesInBothModels() throws IOException {
        Map<String, Tensor> begin = begin(config(EmbeddingSharing.NONE));
        assertNotEquals(
                begin.get("generator." + WORDS + ".weight").getDouble(0),
                begin.get("discriminator." + WORDS + ".weight").getDouble(0));
        Map<String, Tensor> disentangled = begin(config(EmbeddingSharing.GDES));
        assertArrayEquals(
                new float[VOCABULARY * 8],
                disentangled.get("discriminator." + WORDS + "._weight").toFloats());
        assertFalse(disentangled.containsKey("discriminator." + WORDS + ".weight"));
    }

    @Test
    void saysWhatDoesNotGoTogether() throws IOException {
        Path file = folder.resolve("other.json");
        Files.writeString(file, "{\"generator\": " + MODEL.formatted(1) + "}");
        assertMessage(file, "has no discriminator");
        Files.writeString(
                file,
                "{\"generator\": " + MODEL.formatted(1) + ", \"discriminator\": "
                        + MODEL.formatted(1).replace("\"vocab_size\": 20", "\"vocab_size\": 21") + "}");
        assertMessage(file, "vocab_size is 20 in the generator and 21 in the discriminator");
        Files.writeString(
                file,
                "{\"embedding_sharing\": \"all\", \"generator\": " + MODEL.formatted(1) + ", \"discriminator\": "
                        + MODEL.formatted(1) + "}");
        assertMessage(file, "embedding_sharing is 'all'; it must be none, nes, es or gdes");
    }

    private static void assertMessage(Path file, String part) {
        ConfigException fault = assertThrows(ConfigException.class, () -> ReplacedTokenConfig.read(file));
        assertTrue(fault.getMessage().contains(part), fault.getMessage());
    }
}
