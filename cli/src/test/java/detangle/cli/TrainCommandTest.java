package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.DebertaConfig;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Trainings of a few updates of a small model with random weights: files in, folders out. */
class TrainCommandTest {
    private static final String ROWS =
            "text,label\nthe sky is blue,blue\nmy shirt is red,red\nthe sea,blue\na rose,red\n";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path model;
    private Path output;

    @BeforeEach
    void makeModel() throws IOException {
        model = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b", "c"));
        output = folder.resolve("out");
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    }

    private int train(Path file, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("train", model.toString(), "--train-file", file.toString(), "--output-dir", output.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private String fault(Path file, String... more) {
        err.getBuffer().setLength(0);
        assertTrue(train(file, more) > 0, err.toString());
        return err.toString().lines().toList().getLast();
    }

    private static JsonNode json(Path file) {
        return JsonMapper.shared().readTree(file.toFile());
    }

    @Test
    void aClassifierWithAllThatIsWrittenOfIt() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(
                0,
                train(
                        rows,
                        "--validation_file=" + rows,
                        "--max_steps",
                        "3",
                        "--per_device_train_batch_size=2",
                        "--logging-steps",
                        "1",
                        "--report-to",
                        "tensorboard"),
                err.toString());
        assertEquals(List.of("blue", "red"), DebertaConfig.read(output).labels());
        assertEquals(
                4,
                json(output.resolve("train_results.json")).get("train_samples").asInt());
        assertTrue(json(output.resolve("eval_results.json")).has("eval_accuracy"));
        JsonNode state = json(output.resolve("trainer_state.json"));
        assertEquals(3, state.get("global_step").asInt());
        assertEquals(
                3,
                state.get("log_history")
                        .valueStream()
                        .filter(e -> e.has("grad_norm"))
                        .count());
        assertTrue(Files.readString(output.resolve("report.html")).contains("<h2>Loss</h2>"));
        try (Stream<Path> events = Files.list(output.resolve("runs"))) {
            assertEquals(1, events.count());
        }
        assertTrue(out.toString().contains("eval_accuracy"), out.toString());
        assertTrue(err.toString().contains("training on 4 rows, validating with 4, 2 labels: text-classification"));

        out.getBuffer().setLength(0);
        assertEquals(
                0,
                Main.run(new PrintWriter(out), new PrintWriter(err, true), "classify", "--model", "" + output, "sky"));
        assertTrue(out.toString().matches("(blue|red) .*\\R"), out.toString());

        out.getBuffer().setLength(0);
        Path measures = folder.resolve("measures.json");
        assertEquals(0, run("evaluate", "" + output, "" + rows, "--results", "" + measures), err.toString());
        JsonNode trained = json(output.resolve("eval_results.json"));
        JsonNode evaluated = json(measures);
        assertEquals(
                trained.get("eval_loss").asDouble(), evaluated.get("eval_loss").asDouble(), 1e-5);
        assertEquals(trained.get("eval_accuracy"), evaluated.get("eval_accuracy"));
        assertTrue(out.toString().contains("eval_accuracy"), out.toString());

        out.getBuffer().setLength(0);
        assertEquals(0, run("predict", "" + output, "" + rows, "--format", "csv"), err.toString());
        assertEquals(5, out.toString().lines().count());
        assertTrue(out.toString().lines().skip(1).allMatch(line -> line.matches(".*,(blue|red),0[.]\\d+")), "" + out);

        assertTrue(fault(rows).contains("has a model or checkpoints already"), err.toString());
    }

    @Test
    void anAdapterThatGoesWithItsModel() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String[] options = {"--max-steps", "3", "--lora", "--lora_r=2", "--lora-alpha", "4", "--lora-dropout", "0.1"};
        List<String> dora = new ArrayList<>(List.of(options));
        dora.addAll(List.of("--use-dora", "--lora-target-modules", "all-linear", "--weight-type", "bf16"));
        dora.addAll(List.of("--validation-file", "" + rows));
        assertEquals(0, train(rows, dora.toArray(String[]::new)), err.toString());
        assertFalse(Files.exists(output.resolve("model.safetensors")));
        JsonNode config = json(output.resolve("adapter_config.json"));
        assertEquals(2, config.get("r").asInt());
        assertEquals("SEQ_CLS", config.get("task_type").asString());
        assertEquals(model.toString(), config.get("base_model_name_or_path").asString());
        assertTrue(err.toString().contains("wrote the adapter"), err.toString());

        out.getBuffer().setLength(0);
        String[] classify = {"classify", "--model", "" + model, "--adapter", "" + output, "sky"};
        assertEquals(0, Main.run(new PrintWriter(out), new PrintWriter(err, true), classify), err.toString());
        assertTrue(out.toString().matches("(blue|red) .*\\R"), out.toString());

        out.getBuffer().setLength(0);
        String[] predict = {"predict", "" + model, "" + rows, "--adapter", "" + output, "--format", "json"};
        assertEquals(0, Main.run(new PrintWriter(out), new PrintWriter(err, true), predict), err.toString());
        assertTrue(out.toString().contains("blue"), out.toString());

        out.getBuffer().setLength(0);
        String[] evaluate = {"evaluate", "" + model, "" + rows, "--adapter", "" + output};
        assertEquals(0, Main.run(new PrintWriter(out), new PrintWriter(err, true), evaluate), err.toString());
        assertTrue(out.toString().contains("eval_accuracy"), out.toString());

        output = folder.resolve("none");
        assertTrue(fault(rows, "--lora-r", "4").contains("go with --lora"), err.toString());
        assertTrue(fault(rows, "--lora", "--lora-r", "0").contains("rank of an adapter is 0"), err.toString());
        assertTrue(
                fault(rows, "--lora", "--lora-target-modules", "q_proj").contains("is called q_proj; there are"),
                err.toString());
    }

    @Test
    void theSameSeedGivesTheSameModel() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "2", "--seed", "7"), err.toString());
        byte[] first = Files.readAllBytes(output.resolve("model.safetensors"));
        output = folder.resolve("again");
        assertEquals(0, train(rows, "--max-steps", "2", "--seed", "7"), err.toString());
        assertEquals(-1, Arrays.mismatch(first, Files.readAllBytes(output.resolve("model.safetensors"))));
    }

    @Test
    void aTrainingThatGoesOnGivesTheSameModel() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String[] options = {"--max-steps", "4", "--per-device-train-batch-size", "2", "--save-steps", "2"};
        assertEquals(0, train(rows, options), err.toString());
        byte[] whole = Files.readAllBytes(output.resolve("model.safetensors"));
        Path checkpoint = output.resolve("checkpoint-2");
        output = Files.createDirectory(folder.resolve("resumed"));
        Files.move(checkpoint, output.resolve("checkpoint-2"));
        List<String> resuming = new ArrayList<>(List.of(options));
        resuming.add("--resume-from-checkpoint");
        assertEquals(0, train(rows, resuming.toArray(String[]::new)), err.toString());
        assertTrue(err.toString().contains("going on after update 2 of 4"), err.toString());
        assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(output.resolve("model.safetensors"))));
    }

    @Test
    void aLossThatIsNotANumberEndsTraining() throws IOException {
        TinyModel.set(model, "pooler.dense.weight", 0, 3e38f);
        String told = fault(file("rows.csv", ROWS), "--max-steps", "2", "--learning-rate", "1e30");
        assertTrue(told.contains("training stopped at update ") && told.contains("no parameter was changed"), told);
        assertFalse(Files.exists(output.resolve("config.json")));
    }

    @Test
    void numbersAndPairs() throws IOException {
        Path rows = file(
                "rows.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\t1.5\na cat\ta cat\t5\na\tb\t0.5\nx\ty\t0\n");
        assertEquals(
                0, train(rows, "--max-steps", "2", "--validation-split", "0.5", "--group-by-length"), err.toString());
        assertEquals(
                "regression",
                json(output.resolve("config.json")).get("problem_type").asString());
        assertTrue(json(output.resolve("eval_results.json")).has("eval_pearson"));
    }

    @Test
    void severalLabels() throws IOException {
        Path rows = file("rows.jsonl", """
                {"text": "a", "labels": ["x", "y"]}
                {"text": "b", "labels": []}
                {"text": "c", "labels": ["z"]}
                """);
        assertEquals(0, train(rows, "--max-steps", "2", "--validation-file", "" + rows), err.toString());
        assertEquals(
                "multi_label_classification",
                json(output.resolve("config.json")).get("problem_type").asString());
        assertTrue(json(output.resolve("eval_results.json")).has("eval_macro_f1"));
    }

    @Test
    void tagsOfWords() throws IOException {
        Path words = file("words.conll", "Anna B-PER\nsleeps O\n\nBob B-PER\nStone I-PER\nwakes O\n");
        assertEquals(0, train(words, "--max-steps", "2", "--validation-file", "" + words), err.toString());
        assertEquals(List.of("B-PER", "I-PER", "O"), DebertaConfig.read(output).labels());
        assertEquals(0, run("evaluate", "" + output, "" + words), err.toString());
        assertTrue(out.toString().contains("eval_precision"), out.toString());
        assertSameLoss();
    }

    @Test
    void questionsToTexts() throws IOException {
        Path squad = file("squad.json", """
                {"version": "1", "data": [{"paragraphs": [{"context": "The sky is blue.", "qas": [
                  {"id": "q", "question": "Which?", "answers": [{"text": "blue", "answer_start": 11}]}]}]}]}
                """);
        assertEquals(0, train(squad, "--max-steps", "2", "--validation-file", "" + squad), err.toString());
        assertEquals(0, run("evaluate", "" + output, "" + squad), err.toString());
        assertTrue(out.toString().contains("eval_exact_match"), out.toString());
        assertSameLoss();
    }

    /** What evaluate has just printed is what the end of training has written. */
    private void assertSameLoss() {
        List<String> losses = out.toString()
                .lines()
                .filter(line -> line.startsWith("eval_loss"))
                .map(line -> line.replaceFirst("eval_loss +", ""))
                .toList();
        assertEquals(2, losses.size(), out.toString());
        assertEquals(losses.getFirst(), losses.getLast());
    }

    @Test
    void choices() throws IOException {
        Path rows = file("rows.jsonl", """
                {"prompt": "He sits", "choices": ["down", "blue"], "label": 0}
                {"prompt": "She reads", "choices": ["a wall", "a book"], "label": "B"}
                """);
        assertEquals(
                0,
                train(rows, "--max-steps", "2", "--validation-file", "" + rows, "--eval-strategy", "no"),
                err.toString());
        // What no evaluation on the way has measured is measured at the end.
        assertTrue(json(output.resolve("eval_results.json")).has("eval_accuracy"));
    }

    @Test
    void aMaskedLanguageModelFromScratch() throws IOException {
        Path texts = file("texts.txt", "the sky is blue and the sea is blue\n\nmy shirt is red\n");
        List<String> arguments = List.of(
                "train",
                "--config",
                model.resolve("config.json").toString(),
                "--train-file",
                texts.toString(),
                "--validation-file",
                texts.toString(),
                "--output-dir",
                output.toString(),
                "--max-steps",
                "2",
                "--max-seq-length",
                "8");
        assertEquals(
                0,
                Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments.toArray(String[]::new)),
                err.toString());
        assertTrue(json(output.resolve("eval_results.json")).has("eval_perplexity"));
        assertEquals(0, run("evaluate", "" + output, "" + texts, "--max-seq-length", "8"), err.toString());
        assertSameLoss();
        assertTrue(err.toString().contains("parameters begin with initial values"), err.toString());
    }

    @Test
    void whatIsWrongWithDataIsToldWithItsRow() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(
                "detangle: " + rows + ", row 1 has no column 'kind' for labels; it has text, label",
                fault(rows, "--label-column", "kind"));
        Path other = file("other.csv", "text,label\na,green\n");
        assertEquals(
                "detangle: " + other + ", row 1 has the label 'green', which is not among the 2: blue, red",
                fault(rows, "--validation-file", other.toString()));
        Path broken = file("broken.csv", "text,label\na\n");
        assertTrue(fault(broken).contains("row 1 (line 2) has 1 value, and the header 2"), err.toString());
        assertEquals("detangle: " + folder.resolve("none.csv") + " does not exist", fault(folder.resolve("none.csv")));
        assertTrue(fault(rows, "--max-seq-length", "4", "--refuse-long-rows").contains("tokens, and 4 are taken"));
        assertFalse(Files.exists(output.resolve("config.json")));
    }

    /** Other texts and other labels, of as many rows and classes. */
    @Test
    void aTrainingDoesNotGoOnWithOtherRows() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "1"), err.toString());
        Path other = file("other.csv", ROWS.replace("my shirt", "a shirt"));
        String told = fault(other, "--max-steps", "2", "--resume-from-checkpoint");
        assertTrue(told.contains("checkpoint-1 was written by a training whose rows_checksum is"), told);
        Path swapped = file("swapped.csv", ROWS.replace("a rose,red", "a rose,blue"));
        assertTrue(
                fault(swapped, "--max-steps", "2", "--resume-from-checkpoint").contains("rows_checksum"),
                err.toString());
        assertEquals(0, train(rows, "--max-steps", "2", "--resume-from-checkpoint"), err.toString());
    }

    @Test
    void overwritingBeginsAnew() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "2"), err.toString());
        assertEquals(0, train(rows, "--max-steps", "1", "--overwrite-output-dir"), err.toString());
        assertTrue(Files.exists(output.resolve("checkpoint-1")));
        assertFalse(Files.exists(output.resolve("checkpoint-2")));
        model = output.resolve("checkpoint-1");
        String told = fault(rows, "--max-steps", "1", "--overwrite-output-dir");
        assertTrue(told.contains("lies in --output-dir"), told);
        assertTrue(Files.exists(model));
    }

    @Test
    void whereNothingCanBeWrittenNothingIsTrained() throws IOException {
        Path rows = file("rows.csv", ROWS);
        output = file("taken", "");
        assertEquals("detangle: --output-dir " + output + " is a file: name a folder", fault(rows));
        output = output.resolve("out");
        String told = fault(rows);
        assertTrue(told.startsWith("detangle: " + output + " cannot be written: "), told);
        assertFalse(err.toString().contains("memory"), err.toString());
    }

    @Test
    void aFileWithoutRowsIsToldToHaveNone() throws IOException {
        for (String name : List.of("rows.csv", "rows.jsonl")) {
            Path empty = file(name, "");
            assertEquals("detangle: " + empty + " has no rows", fault(empty));
        }
    }

    @Test
    void measuresAreToldThoughTheirFileCannotBeWritten() throws IOException {
        Path rows = file("rows.csv", "text,label\na rose,a\nthe sea,b\n");
        Path measures = folder.resolve("none/measures.json");
        assertEquals(1, run("evaluate", "" + model, "" + rows, "--results", "" + measures));
        assertTrue(out.toString().contains("eval_accuracy"), out.toString());
        assertTrue(
                err.toString().endsWith(measures + " cannot be written: the folder for it does not exist\n"),
                err.toString());
    }

    @Test
    void whatIsFrozenIsThere() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String told = fault(rows, "--freeze", "classifeir");
        assertTrue(told.contains("'classifeir' is to be frozen, and no parameter's name begins so; they are "), told);
        assertTrue(fault(rows, "--freeze", "layer.90-91").contains("'deberta.encoder.layer.90.'"), err.toString());
    }

    @Test
    void timesHaveTheDigitsOfAllOtherNumbers() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertEquals("0:07 1:02:03", TrainingProgress.time(7) + " " + TrainingProgress.time(3723));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void optionsThatDoNotGoTogether() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertTrue(fault(rows, "--validation-file", "" + rows, "--validation-split", "0.5")
                .contains("goes without"));
        assertTrue(fault(rows, "--report-to", "wandb").contains("--report-to is tensorboard or none, not 'wandb'"));
        assertTrue(fault(rows, "--class-weights", "1,2,3").contains("3 numbers for 2 labels"));
        assertTrue(fault(rows, "--max-steps", "-5").contains("max_steps is -5: it must be at least 1"), err.toString());
        assertTrue(fault(rows, "--num-train-epochs", "1e300").contains("it must be above 0 and below"), err.toString());
        assertEquals(0, train(rows, "--max-steps", "-1", "--num-train-epochs", "1"), err.toString());
    }

    @Test
    void resultsTellOfAllEpochsWhateverIsLogged() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertTrue(fault(rows, "--input-mask-probability", "1").contains("at least 0 and below 1"), err.toString());
        assertEquals(
                0,
                train(
                        rows,
                        "--num-train-epochs",
                        "2",
                        "--per-device-train-batch-size",
                        "2",
                        "--logging-steps",
                        "3",
                        "--input-mask-probability",
                        "0.5"),
                err.toString());
        assertEquals(2, json(output.resolve("train_results.json")).get("epoch").asDouble());
    }
}
