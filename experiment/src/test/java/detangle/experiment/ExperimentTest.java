package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DetangleException;
import detangle.models.deberta.DebertaConfig;
import detangle.testing.models.TinyModel;
import detangle.train.SavingOptions;
import detangle.train.TrainingException;
import detangle.train.TrainingOptions;
import detangle.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiments with a small model of random weights and a task of a few sentences. */
final class ExperimentTest {
    private final List<String> log = new ArrayList<>();

    @TempDir
    private Path folder;

    private ModelSource model;

    @BeforeEach
    void makeFiles() throws IOException {
        Path source = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b", "c"));
        model = source(Optional.of(source), Optional.empty());
        Files.writeString(
                folder.resolve("train.tsv"),
                "sentence\tlabel\na good film\t1\na bad film\t0\ngood\t1\nbad\t0\nvery good\t1\n");
        Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\ngood one\t1\nbad one\t0\n");
    }

    private ModelSource source(Optional<Path> initial, Optional<Path> config) {
        return new ModelSource(initial, config, folder.resolve("model"), OptionalDouble.empty());
    }

    private ExperimentOptions options(String output) {
        ExperimentOptions options = ExperimentOptions.of(folder, folder.resolve(output));
        return options.withDumpInterval(2)
                .with(options.training().withPerDeviceTrainBatchSize(2).withNumTrainEpochs(2));
    }

    private void run(ExperimentOptions options, ModelSource source) {
        new Experiment(options, source, log::add, List.of()).run(Tasks.find().named("SST-2"));
    }

    @Test
    void rowsWithoutAnswersAreNeitherTrainedNorMeasuredWith() throws IOException {
        String row = "{\"passage\": \"My card.\", \"question\": \"is it\"%s}\n";
        Files.writeString(folder.resolve("train.jsonl"), row.formatted(", \"label\": true"));
        Files.writeString(folder.resolve("val.jsonl"), row.formatted(", \"label\": true") + row.formatted(""));
        Experiment experiment = new Experiment(options("out").withWork(true, false, false), model);
        assertEquals(
                "the task boolq has no answer for example 1 of the set dev, counted from 0: its file lacks the label of"
                        + " a row",
                assertThrows(
                                DataException.class,
                                () -> experiment.run(Tasks.find().named("BoolQ")))
                        .getMessage());
    }

    private List<String> names(Path output) throws IOException {
        try (Stream<Path> files = Files.list(output)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Five rows in batches of two, twice: three updates an epoch, and 5 * 2 / 2 in all, as in the original. */
    @Test
    void evaluatesAndSavesAtEachDumpAndEndOfAnEpoch() throws IOException {
        run(options("out"), model);
        Path output = folder.resolve("out");
        assertEquals(
                List.of("best", "checkpoint-2", "checkpoint-3", "checkpoint-4", "checkpoint-5"),
                names(output).stream().filter(name -> !name.contains(".")).toList());
        assertEquals(
                List.of("000002-5", "000003-5", "000004-5", "000005-5"),
                names(output).stream()
                        .filter(name -> name.startsWith("eval_results_dev_"))
                        .map(name -> name.substring("eval_results_dev_".length(), name.length() - ".txt".length()))
                        .toList());
        List<String> results = Files.readAllLines(output.resolve("eval_results_dev_000005-5.txt"));
        assertEquals(
                List.of("accuracy", "eval_loss", "eval_metric", "eval_samples"),
                results.stream().map(line -> line.split(" = ")[0]).toList());
        assertEquals("eval_samples = 2", results.getLast());
        assertTrue(results.getFirst().matches("accuracy = (0\\.0|0\\.5|1\\.0)"), results.getFirst());
        assertTrue(Files.readString(output.resolve("submit-dev-000005-5.tsv"))
                .matches("index\tpredictions\n0\t[01]\n1\t[01]\n"));
        assertEquals(
                List.of("0", "1"), DebertaConfig.read(output.resolve("best")).labels());
        assertFalse(Files.exists(output.resolve("best/optimizer.safetensors")));
        assertEquals(2, DebertaConfig.read(output.resolve("model_config.json")).numLabels());
        assertTrue(log.stream().anyMatch(line -> line.contains("classifier.weight of shape [3,32]")), log.toString());
        assertTrue(log.stream().anyMatch(line -> line.startsWith("best metric: ")), log.toString());
    }

    @Test
    void goesOnFromACheckpointWithTheSameBits() throws IOException {
        run(options("whole"), model);
        run(options("parts"), model);
        for (String later : List.of("checkpoint-4", "checkpoint-5")) {
            delete(folder.resolve("parts").resolve(later));
        }
        ExperimentOptions options = options("parts");
        SavingOptions going = SavingOptions.in(folder.resolve("parts")).withResume(true);
        run(options.with(options.training().with(going)), model);
        String last = "checkpoint-5/model.safetensors";
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("whole").resolve(last)),
                Files.readAllBytes(folder.resolve("parts").resolve(last)));
    }

    private static void delete(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aConfigurationAloneMakesAModelOfInitialValues() throws IOException {
        Path config = folder.resolve("own.json");
        Files.copy(folder.resolve("model/config.json"), config);
        run(options("out").withDumpInterval(100), source(Optional.empty(), Optional.of(config)));
        assertTrue(
                log.stream().anyMatch(line -> line.contains("parameters begin with initial values")), log.toString());
        assertTrue(assertThrows(
                        TrainingException.class, () -> run(options("none"), source(Optional.empty(), Optional.empty())))
                .getMessage()
                .contains("model_config"));
    }

    /** Fields of a configuration that is given take the place of the model's, but for its sizes. */
    @Test
    void aConfigurationChangesThatOfTheModel() throws IOException {
        Path config = Files.writeString(
                folder.resolve("own.json"),
                "{\"hidden_size\": 77, \"pooling\": {\"dropout\": 0.25, \"hidden_act\": \"tanh\"}}");
        DebertaConfig merged = new ModelSource(
                        model.initModel(), Optional.of(config), model.tokenizer(), OptionalDouble.of(0.3))
                .model(TaskHead.classes(List.of("0", "1")), Optional.empty(), 1)
                .config();
        assertEquals(32, merged.hiddenSize());
        assertEquals(0.25, merged.dropout().pooler());
        assertEquals(0.3, merged.dropout().classifier());
    }

    @Test
    void eachEvaluationCanWriteTheModelInOnnxFormat() throws IOException {
        run(options("out").withDumpInterval(100).withWork(true, true, false).withExportOnnxModel(true), model);
        assertEquals(
                List.of("000003-5_onnx_fp32.bin", "000005-5_onnx_fp32.bin", "final_onnx_fp32.bin"),
                names(folder.resolve("out")).stream()
                        .filter(name -> name.contains("onnx"))
                        .toList());
    }

    @Test
    void aMissingFileSaysWhatToDownloadAndWhereItShouldLie() {
        ExperimentOptions options = options("out").withWork(true, false, true);
        String message =
                assertThrows(DataException.class, () -> run(options, model)).getMessage();
        assertTrue(message.contains(folder.resolve("test.tsv") + ", which does not exist"), message);
        assertTrue(message.contains("https://gluebenchmark.com"), message);
    }

    @Test
    void thereMustBeSomethingToDo() {
        ExperimentOptions options = options("out");
        assertThrows(TrainingException.class, () -> options.withWork(false, false, false));
    }

    @Test
    void aSetWithoutRowsIsRefusedBeforeTheModelIsMade() throws IOException {
        Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\n");
        ExperimentOptions options = options("out").withWork(false, true, false);
        String message =
                assertThrows(DataException.class, () -> run(options, model)).getMessage();
        assertTrue(message.startsWith("the task sst-2 has no examples for the set dev"), message);
        assertFalse(Files.exists(folder.resolve("out")));
    }

    private String refused(ExperimentOptions options, String task) {
        Experiment experiment = new Experiment(options, model, log::add, List.of());
        String message = assertThrows(
                        DetangleException.class,
                        () -> experiment.run(Tasks.find().named(task)))
                .getMessage();
        assertFalse(Files.exists(options.outputDir()), message);
        return message;
    }

    /** Nothing would be learned, and the metric would not be a number. */
    @Test
    void labelsOfAnotherTaskAreRefused() throws IOException {
        Files.writeString(folder.resolve("train.tsv"), "sentence\tlabel\na film\tgood\nbad\tbad\n");
        String message = refused(options("out"), "SST-2");
        assertEquals(
                "the task sst-2 knows none of the labels of the set train, which are 0, 1: its file in " + folder
                        + " is of another task, or has its columns in another order; download it again"
                        + " (https://gluebenchmark.com/tasks)",
                message);
        Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\na film\tgood\n");
        message = refused(options("out").withWork(false, true, false), "SST-2");
        assertTrue(message.contains("knows none of the labels of the set dev"), message);
    }

    @Test
    void howManyLabelsAreUnknownIsTold() throws IOException {
        Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\ngood one\t1\nbad one\t-\n");
        run(options("out").withWork(false, true, false), model);
        assertTrue(
                log.contains(
                        "1 of the 2 examples of the set dev do not count, the first of them example 1, counted from"
                                + " 0: they have none of the labels, which are 0, 1"),
                log.toString());
    }

    /** STS-B is measured by correlations. */
    @Test
    void numbersThatAreAllTheSameAreNotMeasured() throws IOException {
        String row = "0\tg\tf\ty\t1\ts\ts\ta cat\ta dog\t%s\n";
        Files.writeString(folder.resolve("train.tsv"), "header\n" + row.formatted("1.5"));
        Files.writeString(folder.resolve("dev.tsv"), "header\n" + row.formatted("1.5") + row.formatted("1.50"));
        String message = refused(options("out"), "STS-B");
        assertTrue(message.startsWith("the set dev has the number 1.5 for each of its rows (2)"), message);
        Files.writeString(folder.resolve("dev.tsv"), "header\n" + row.formatted("NaN"));
        message = refused(options("out"), "STS-B");
        assertEquals(folder.resolve("dev.tsv") + ", line 2: 'NaN' in column 10 is not a number", message);
    }

    @Test
    void withoutASetThatDecidesNothingIsTrained() throws IOException {
        String mnli = "0\t1\t2\t3\t4\t5\t6\t7\tMy card\tlost\t10\tneutral\n";
        Files.writeString(folder.resolve("train.tsv"), "header\n" + mnli);
        String header = "language\tgold_label\tsentence1\tsentence2\n";
        for (String name : List.of("xnli.dev.tsv", "xnli.test.tsv")) {
            Files.writeString(folder.resolve(name), header + "de\tneutral\tMeine Karte\tweg\n");
        }
        String message = refused(options("out"), "XNLI");
        assertTrue(
                message.startsWith("the task xnli chooses the best model by a set that is not there; there are"
                        + " [dev-de, test-de]"),
                message);
    }

    /** Whatever does not fit is told before anything is measured, and leaves no file behind. */
    @Test
    void optionsThatDoNotFitAreRefusedBefore() {
        ExperimentOptions both = options("out").withWork(true, true, false);
        TrainingOptions training = both.training();
        String message = refused(both.with(training.withBackend("foo")), "SST-2");
        assertTrue(message.contains("foo"), message);
        message = refused(both.with(training.with(training.optimizer().withWarmupSteps(5))), "SST-2");
        assertTrue(message.contains("the warm-up takes"), message);
        message = refused(both.with(training.withPerDeviceTrainBatchSize(11)), "SST-2");
        assertTrue(message.contains("not one batch of 11 out of 5 rows"), message);
        assertEquals(
                List.of(), log.stream().filter(line -> line.contains("eval")).toList());
    }

    /** The tokenizer of another model has tokens that this one has no embeddings of. */
    @Test
    void aTokenizerThatDoesNotFitIsToldBeforeAnythingIsRead() throws IOException {
        Path config = folder.resolve("model/config.json");
        Files.writeString(config, Files.readString(config).replace("\"vocab_size\":4001", "\"vocab_size\":4000"));
        Files.delete(folder.resolve("dev.tsv"));
        for (String task : List.of("SST-2", "MLM")) {
            assertEquals(
                    config + ": vocab_size is 4000, and the tokenizer in " + folder.resolve("model")
                            + " has ids up to 4000: name the tokenizer that goes with the model",
                    refused(options("out"), task));
        }
    }

    @Test
    void linesWithoutTextAtTheEndOfAFileArePassedOver() throws IOException {
        Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\ngood one\t1\nbad one\t0\n\n\r\n");
        run(options("out").withWork(false, true, false), model);
        assertEquals(
                "eval_samples = 2",
                Files.readAllLines(folder.resolve("out/eval_results_dev_final.txt"))
                        .getLast());
        Files.writeString(folder.resolve("dev.tsv"), "sentence\tlabel\ngood one\t1\n\nbad one\t0\n");
        String message = refused(options("again").withWork(false, true, false), "SST-2");
        assertTrue(message.contains("dev.tsv, line 3 has 1 columns, and 2 are needed"), message);
    }

    @Test
    void aFolderInThePlaceOfAFileIsToldToBeOne() throws IOException {
        Files.delete(folder.resolve("dev.tsv"));
        Files.createDirectory(folder.resolve("dev.tsv"));
        String message = refused(options("out"), "SST-2");
        assertTrue(message.contains("dev.tsv, which is a folder and not a file: download"), message);
    }

    /** The tag is heeded when results are written, which may be days later. */
    @Test
    void aTagIsAPartOfTheNameOfAFile() {
        for (String tag : List.of("a/b", "../a", "a\\b", "a\nb")) {
            ExperimentOptions options = options("out");
            assertThrows(TrainingException.class, () -> options.withTag(tag), tag);
        }
        assertEquals("a-1.b", options("out").withTag("a-1.b").tag());
    }
}
