package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** One line tells the user why a training or an evaluation stops. */
class TrainFaultsTest extends TrainCommandCase {
    @Test
    void aLossThatIsNotANumberEndsTraining() throws IOException {
        TinyModel.set(model, "pooler.dense.weight", 0, 3e38f);
        String told = fault(file("rows.csv", ROWS), "--max-steps", "2", "--learning-rate", "1e30");
        assertTrue(told.contains("training stopped at update ") && told.contains("no parameter was changed"), told);
        assertFalse(Files.exists(output.resolve("config.json")));
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

    /** The only row of a class may be drawn to validate with. */
    @Test
    void aClassThatASplitLeavesNoRowsOfIsTold() throws IOException {
        Path rows = file("two.csv", "text,label\na rose,red\nthe sea,blue\n");
        assertEquals(0, train(rows, "--max-steps", "1", "--validation-split", "0.5"), err.toString());
        assertTrue(
                err.toString().contains(rows + " without the rows to validate with has no rows of the label "),
                err.toString());
    }

    /** The tokenizer of another model has tokens that this one has no embeddings of. */
    @Test
    void aTokenizerThatDoesNotFitIsToldBeforeRowsAreRead() throws IOException {
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"vocab_size\":4001", "\"vocab_size\":4000"));
        assertEquals(
                "detangle: " + config + ": vocab_size is 4000, and the tokenizer in " + model
                        + " has ids up to 4000: name the tokenizer that goes with the model",
                fault(file("rows.csv", "text,label\na rose,\n")));
    }

    @Test
    void oddNumbersOfTheLossAreToldBeforeRowsAreRead() {
        Path none = folder.resolve("none.csv");
        for (String value : List.of("-1", "NaN", "Infinity")) {
            assertTrue(fault(none, "--vat-lambda", value).contains("vat_lambda is "), err.toString());
            String rate = fault(none, "--vat-lambda", "5", "--vat-learning-rate", value);
            assertTrue(rate.contains("vat_learning_rate is "), rate);
            assertTrue(fault(none, "--label-smoothing-factor", value).contains("label smoothing is"), err.toString());
        }
    }

    @Test
    void whatDoesNotFitLeavesNoFolderBehind() throws IOException {
        assertTrue(fault(folder.resolve("none.csv"), "--backend", "foo").contains("foo"), err.toString());
        Path rows = file("rows.csv", ROWS);
        String told = fault(rows, "--recipe", "microsoft", "--per-device-train-batch-size", "100");
        assertTrue(told.contains("not one batch of 100 out of 4 rows"), told);
        assertFalse(Files.exists(output));
    }

    @Test
    void optionsOfOtherTasksAreRefused() throws IOException {
        Path rows = file("rows.csv", ROWS);
        for (String option : List.of("--doc-stride=4", "--line-by-line", "--mlm-probability=0.2")) {
            String told = fault(rows, option);
            assertTrue(told.contains(", and this is text-classification: leave it out"), told);
        }
    }

    /** A task takes the columns and labels that it has, and other names for them have no effect. */
    @Test
    void columnsThatATaskDoesNotReadAreRefused() throws IOException {
        Path words = file("words.conll", "Anna B-PER\nsleeps O\n");
        assertEquals(
                "detangle: " + words + " has the word first and the tag last in each line: leave out --text-column and"
                        + " --label-column",
                fault(words, "--label-column", "2"));
        assertTrue(fault(words, "--label-column", "2", "--validation-file", "" + words)
                .contains("has the word first"));
        for (String option : List.of("--problem-type=regression", "--label-delimiter=|", "--text-pair-column=b")) {
            String told = fault(words, option);
            assertTrue(told.contains(" is for text-classification, and this is token-classification: leave"), told);
        }
        Path questions = file("questions.jsonl", """
                {"context": "The sky is blue.", "question": "Which?", "answers": {}}
                """);
        for (String option : List.of("--text-column=context", "--label-column=answers")) {
            String told = fault(questions, option);
            assertTrue(told.contains(", and this is question-answering: leave it out"), told);
        }
    }

    @Test
    void whatIsToBeLearnedIsNotRead() throws IOException {
        String told = fault(file("rows.csv", ROWS), "--text-column", "label");
        assertTrue(told.contains("row 1: the column 'label' would be text and label at once"), told);
    }

    @Test
    void weightsOfClassesAreRefusedWhereThereAreNone() throws IOException {
        String told = fault(file("rows.txt", "the sky is blue\n"), "--class-weights", "balanced");
        assertTrue(told.contains("--class-weights are for labels of texts or of words, and masked-lm has none"), told);
    }

    /** The first column of Universal Dependencies is a number, and the last one is seldom a tag. */
    @Test
    void columnsOfAnotherFormatAreNotTakenForTags() throws IOException {
        Path words = file("words.conllu", "1\tAnna\tAnna\tPROPN\t_\t_\t0\troot\t_\t_\n");
        assertTrue(fault(words).contains("words.conllu has an unknown ending"), err.toString());
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
    void aMetricThatNoEvaluationHasIsToldBeforeTraining() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String told = fault(rows, "--validation-file", "" + rows, "--metric-for-best-model", "eval_acuracy");
        assertTrue(told.contains("metric_for_best_model is acuracy, and an evaluation has loss, accuracy, f1, "), told);
        assertFalse(err.toString().contains("memory"), err.toString());
    }

    /** Training reads a file more than once, and a pipe gives its content once. */
    @Test
    void rowsThatCanBeReadOnceAreRefused() throws Exception {
        Path pipe = folder.resolve("rows.csv");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertTrue(fault(pipe).contains("rows.csv is not a regular file"), err.toString());
        Path squad = file("squad.json.gz", "");
        try (OutputStream zipped = new GZIPOutputStream(Files.newOutputStream(squad))) {
            zipped.write("{\"data\": []}".getBytes(StandardCharsets.UTF_8));
        }
        assertTrue(fault(squad).contains("unpack it first"), err.toString());
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
                err.toString().endsWith(measures + " cannot be written: its folder does not exist\n"), err.toString());
    }

    @Test
    void whatIsFrozenIsThere() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String told = fault(rows, "--freeze", "classifeir");
        assertTrue(told.contains("'classifeir' is to be frozen, and no parameter's name begins so; they are "), told);
        assertTrue(fault(rows, "--freeze", "layer.90-91").contains("'deberta.encoder.layer.90.'"), err.toString());
        assertEquals(2, train(rows, "--freeze", "layer.1-0"));
        assertTrue(err.toString().contains("names no layers with 'layer.1-0': write layer.0-1"), err.toString());
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
    void optionsWithoutEffectAreRefused() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertTrue(fault(rows, "--logging-dir", "runs").contains("goes with --report-to tensorboard"), err.toString());
        assertTrue(fault(rows, "--eval-steps", "5").contains("goes with --eval-strategy steps"), err.toString());
        for (String option :
                List.of("--metric-for-best-model=accuracy", "--greater-is-better", "--early-stopping-threshold=0.1")) {
            assertTrue(fault(rows, option).contains("are for evaluations, and there are none"), err.toString());
        }
        String told = fault(rows, "--validation-file", "" + rows, "--early-stopping-threshold=0.1");
        assertTrue(told.contains("goes with --early-stopping-patience"), told);
        assertFalse(Files.exists(output.resolve("config.json")));
    }

    /**
     * A model that would be written over the checkpoint it goes on from is refused, as the checkpoint's optimizer
     * states stay.
     */
    @Test
    void aCheckpointIsNoPlaceForTheModelThatGoesOnFromIt() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "1"), err.toString());
        output = output.resolve("checkpoint-1");
        String told = fault(rows, "--max-steps", "2", "--resume-from-checkpoint", output.toString());
        assertTrue(told.contains("--output-dir is the checkpoint that training goes on from"), told);
    }

    /** A missing number does not make classes of all other numbers. */
    @Test
    void aNumberThatIsLackingIsTold() throws IOException {
        Path rows = file("numbers.csv", "text,score\na cat,1.5\na dog,nan\na tree,2.25\n");
        String told = fault(rows, "--max-steps", "1");
        assertTrue(told.contains("row 2 has 'nan' where a number is to be learned"), told);
        Path classes = file("classes.csv", "text,label\na cat,1.5\na dog,none\n");
        assertEquals(
                0, train(classes, "--max-steps", "1", "--problem-type", "single_label_classification"), err.toString());
    }
}
