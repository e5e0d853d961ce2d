package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.DebertaConfig;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Each task can be trained, evaluated and predicted with, and an adapter as well. */
class TrainCommandTest extends TrainCommandCase {
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
                        "tensorboard",
                        "--backend",
                        "vector"),
                err.toString());
        assertTrue(err.toString().contains("computing on vector: "), err.toString());
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

    /** An update at a tiny rate changes nothing that can be measured, unless classes change their places. */
    @Test
    void aHeadKeepsTheOrderOfItsLabels() throws IOException {
        model = TinyModel.write(folder.resolve("ordered"), "ForSequenceClassification", List.of("red", "blue"));
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, run("evaluate", "" + model, "" + rows), err.toString());
        assertEquals(0, train(rows, "--max-steps=1", "--learning-rate=1e-12"), err.toString());
        assertEquals(List.of("red", "blue"), DebertaConfig.read(output).labels());
        assertEquals(0, run("evaluate", "" + output, "" + rows), err.toString());
        assertSameLoss();
        assertFalse(err.toString().contains("was trained for the labels"), err.toString());
        output = folder.resolve("other");
        assertEquals(0, train(file("other.csv", ROWS.replace(",red", ",green")), "--max-steps=1"), err.toString());
        assertTrue(
                err.toString()
                        .contains(
                                "was trained for the labels red, blue, and begins with these weights for blue, green"),
                err.toString());
    }

    /** A configuration without problem_type suggests one class for each row. */
    @Test
    void theKindOfLabelsOfAnEvaluation() throws IOException {
        Path rows = file("rows.jsonl", """
                {"text": "a", "labels": ["a", "b"]}
                {"text": "b", "labels": []}
                """);
        String several = "--problem-type=multi_label_classification";
        assertEquals(0, run("evaluate", "" + model, "" + rows, several), err.toString());
        assertTrue(out.toString().contains("eval_macro_f1"), out.toString());
        assertEquals(1, run("evaluate", "" + model, "" + rows, "--problem-type=regression"));
        assertTrue(err.toString().contains("has 3 labels, and --problem-type regression is for a model"), "" + err);
        Path config = model.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config).replaceFirst("\\{", "{\"problem_type\":\"single_label_classification\","));
        assertEquals(1, run("evaluate", "" + model, "" + rows, several));
        assertTrue(
                err.toString().contains("problem_type is single_label_classification, and --problem-type is multi"),
                err.toString());
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
    void namesOfColumnsAreForTheFileThatHasColumns() throws IOException {
        Path rows = file("rows.jsonl", """
                {"tokens": ["Anna", "sleeps"], "tags2": ["B-PER", "O"]}
                """);
        Path words = file("words.conll", "Bob B-PER\nwakes O\n");
        String[] options = {"--max-steps", "1", "--task", "token-classification", "--label-column", "tags2"};
        for (List<Path> files : List.of(List.of(rows, words), List.of(words, rows))) {
            output = folder.resolve("of-" + files.getFirst().getFileName());
            List<String> arguments = arguments(files.getFirst(), options);
            arguments.addAll(List.of("--validation-file", "" + files.getLast()));
            assertEquals(0, run(arguments.toArray(String[]::new)), err.toString());
        }
        assertTrue(run("evaluate", "" + output, "" + words, "--label-column", "tags2") > 0);
        assertTrue(err.toString().contains("words.conll has the word first"), err.toString());
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
