package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.ConfigException;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.WeightsException;
import detangle.testing.models.TinyModel;
import detangle.train.TrainingException;
import detangle.train.data.CorpusWriter;
import detangle.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replaced-token detection of two small models on a few sentences. */
final class RtdTaskTest {
    private final List<String> log = new ArrayList<>();

    @TempDir
    private Path folder;

    private ModelSource model;

    @BeforeEach
    void makeFiles() throws IOException {
        Path source = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b"));
        String config = Files.readString(source.resolve("config.json"));
        Path both = Files.writeString(
                folder.resolve("both.json"),
                "{\"embedding_sharing\": \"gdes\", \"generator\": "
                        + config.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":1")
                        + ", \"discriminator\": " + config + "}");
        model = source(both, source);
        Tokenizer tokenizer = Tokenizers.load(source);
        for (String name : List.of("train.txt", "valid.txt")) {
            try (CorpusWriter writer = new CorpusWriter(folder.resolve(name), tokenizer, 16)) {
                writer.add(List.of("Where is my card?", "My card is lost, and I want another one.", "How do I pay?"));
                writer.finish();
            }
        }
    }

    private static ModelSource source(Path config, Path tokenizer) {
        return new ModelSource(Optional.empty(), Optional.of(config), tokenizer, OptionalDouble.empty());
    }

    private ExperimentOptions options(String output, Map<String, String> ofTask) {
        ExperimentOptions options = ExperimentOptions.of(folder, folder.resolve(output));
        return options.withDumpInterval(2)
                .withMaxSeqLength(16)
                .withTaskOptions(ofTask)
                .with(options.training().withPerDeviceTrainBatchSize(2).withNumTrainEpochs(1));
    }

    private void run(ExperimentOptions options) {
        new Experiment(options, model, log::add, List.of()).run(Tasks.find().named("RTD"));
    }

    @Test
    void writesTwoModelsFromWhichTrainingGoesOn() throws IOException {
        run(options("out", Map.of("num_training_steps", "3")).withWork(true, true, false));
        Path output = folder.resolve("out");
        try (Stream<Path> files = Files.list(output)) {
            assertEquals(
                    List.of("best", "checkpoint-2", "checkpoint-3", "discriminator", "generator"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        for (String place : List.of("", "best", "checkpoint-3")) {
            assertEquals(
                    Set.of(Architecture.MASKED_LM_EMD),
                    CheckpointHeads.in(output.resolve(place).resolve("generator")));
            assertEquals(
                    Set.of(Architecture.REPLACED_TOKEN_DETECTION),
                    CheckpointHeads.in(output.resolve(place).resolve("discriminator")));
        }
        assertArrayEquals(
                Files.readAllBytes(output.resolve("checkpoint-3/discriminator/model.safetensors")),
                Files.readAllBytes(output.resolve("discriminator/model.safetensors")));
        List<String> results =
                log.stream().filter(line -> line.startsWith("dev ")).toList();
        assertEquals(3, results.size(), log.toString());
        assertTrue(
                results.getLast()
                        .matches("dev 000003-3  accuracy \\S+  perplexity \\S+  eval_loss \\S+ "
                                + " discriminator_accuracy .*"
                                + "discriminator_recall .*  eval_metric \\S+"),
                results.toString());
        run(options(
                "more",
                Map.of(
                        "num_training_steps",
                        "1",
                        "decoupled_training",
                        "False",
                        "init_generator",
                        output.resolve("generator").toString(),
                        "init_discriminator",
                        output.resolve("discriminator").toString())));
        assertTrue(Files.isRegularFile(folder.resolve("more/discriminator/config.json")), log.toString());
    }

    @Test
    void whatCannotBeIsToldBeforeTraining() {
        assertEquals(
                "rtd_lambda is 'much': it must be a number from 0",
                assertThrows(TrainingException.class, () -> run(options("out", Map.of("rtd_lambda", "much"))))
                        .getMessage());
        assertEquals(
                "decoupled_training is 'yes': it must be True or False",
                assertThrows(TrainingException.class, () -> run(options("out", Map.of("decoupled_training", "yes"))))
                        .getMessage());
        assertTrue(assertThrows(
                        TrainingException.class,
                        () -> run(options(
                                "out", Map.of("decoupled_training", "False", "discriminator_learning_rate", "1e-4"))))
                .getMessage()
                .contains("both models have one optimizer"));
        assertEquals(
                "rtd_lambda is 'Infinity': it must be a number from 0",
                assertThrows(TrainingException.class, () -> run(options("out", Map.of("rtd_lambda", "Infinity"))))
                        .getMessage());
        assertEquals(
                "RTD has no set to predict: leave do_predict out",
                assertThrows(
                                DataException.class,
                                () -> run(options("out", Map.of()).withWork(false, false, true)))
                        .getMessage());
    }

    /**
     * The names of the original's files are known where no such file is there: 12 layers of 384, and a generator of 6.
     */
    @Test
    void knowsTheConfigurationsOfTheOriginal() {
        model = source(folder.resolve("rtd_xsmall.json"), model.tokenizer());
        assertThrows(ConfigException.class, () -> run(options("out", Map.of()).withWork(false, true, false)));
        model = source(Path.of("rtd_xsmall.json"), model.tokenizer());
        // The vocabulary of the small tokenizer is less than that of v3, and nothing is trained.
        ExperimentOptions options =
                options("out", Map.of("init_generator", folder.resolve("model").toString()));
        String message = assertThrows(WeightsException.class, () -> run(options.withWork(false, true, false)))
                .getMessage();
        assertTrue(message.contains("384"), message);
        assertEquals(
                List.of("deberta-v3-xsmall", "deberta-v3-xsmall-continue"),
                Preset.of("rtd").stream().map(Preset::name).limit(2).toList());
    }
}
