package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
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

/** Pre-training of a small model on a few sentences. */
final class MlmTaskTest {
    private final List<String> log = new ArrayList<>();

    @TempDir
    private Path folder;

    private ModelSource model;

    @BeforeEach
    void makeFiles() throws IOException {
        Path source = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b"));
        model = new ModelSource(
                Optional.empty(), Optional.of(source.resolve("config.json")), source, OptionalDouble.empty());
        Tokenizer tokenizer = Tokenizers.load(source);
        for (String name : List.of("train.txt", "valid.txt")) {
            try (CorpusWriter writer = new CorpusWriter(folder.resolve(name), tokenizer, 16)) {
                writer.add(List.of("Where is my card?", "My card is lost, and I want another one.", "How do I pay?"));
                writer.finish();
            }
        }
    }

    private ExperimentOptions options(Map<String, String> ofTask) {
        ExperimentOptions options = ExperimentOptions.of(folder, folder.resolve("out"));
        return options.withDumpInterval(2)
                .withMaxSeqLength(16)
                .withTaskOptions(ofTask)
                .with(options.training().withPerDeviceTrainBatchSize(2).withNumTrainEpochs(1));
    }

    private void run(ExperimentOptions options) {
        new Experiment(options, model, log::add, List.of()).run(Tasks.find().named("MLM"));
    }

    /** Three updates of two rows take the two lines of the corpus three times, in one epoch. */
    @Test
    void stepsAreAsManyAsThereShallBe() throws IOException {
        run(options(Map.of("max_ngram", "3", "num_training_steps", "3")).withWork(true, true, false));
        try (Stream<Path> files = Files.list(folder.resolve("out"))) {
            assertEquals(
                    List.of("best", "checkpoint-2", "checkpoint-3", "model_config.json"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertEquals(Set.of(Architecture.MASKED_LM_EMD), CheckpointHeads.in(folder.resolve("out/checkpoint-3")));
        List<String> results =
                log.stream().filter(line -> line.startsWith("dev ")).toList();
        assertEquals(3, results.size(), log.toString());
        assertTrue(results.getFirst().matches("dev final  loss [89].*"), results.toString());
        assertTrue(
                results.getLast()
                        .matches("dev 000003-3  loss \\S+  accuracy \\S+  perplexity \\S+ .*  eval_metric \\S+"),
                results.toString());
        assertTrue(log.contains(folder.resolve("train.txt") + " has 2 examples"), log.toString());
    }

    @Test
    void whatCannotBeIsToldBeforeTraining() throws IOException {
        DataException e = assertThrows(DataException.class, () -> run(options(Map.of("num_training_steps", "many"))));
        assertEquals("num_training_steps is 'many': it must be a whole number, and 2147483647 at most", e.getMessage());
        e = assertThrows(DataException.class, () -> run(options(Map.of("max_ngram", "4294967297"))));
        assertEquals("max_ngram is '4294967297': it must be a whole number, and 2147483647 at most", e.getMessage());
        e = assertThrows(DataException.class, () -> run(options(Map.of()).withExportOnnxModel(true)));
        assertEquals("MLM writes folders alone: leave export_onnx_model out, and take detangle export", e.getMessage());
        e = assertThrows(DataException.class, () -> run(options(Map.of()).withWork(false, false, true)));
        assertEquals("MLM has no set to predict: leave do_predict out", e.getMessage());
        Files.delete(folder.resolve("valid.txt"));
        e = assertThrows(DataException.class, () -> run(options(Map.of())));
        assertTrue(e.getMessage().contains("valid.txt, which does not exist"), e.getMessage());
        assertTrue(e.getMessage().contains("detangle prepare-corpus"), e.getMessage());
    }
}
