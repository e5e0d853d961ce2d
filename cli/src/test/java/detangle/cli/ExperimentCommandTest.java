package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.experiment.Preset;
import detangle.models.deberta.DebertaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParseResult;

/** The original's command lines, with small files and a small model of random weights. */
class ExperimentCommandTest extends TrainCommandCase {
    /** Runs words as a shell divides them, with the model and the output folder behind. */
    private int experiment(String words, String... more) {
        err.getBuffer().setLength(0);
        List<String> arguments = new ArrayList<>(List.of(("experiment " + words).split(" ")));
        arguments.addAll(List.of("--init_model", model.toString(), "--output_dir", output.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private String fault(String words, String... more) {
        assertTrue(experiment(words, more) > 0, err.toString());
        return err.toString().lines().toList().getLast();
    }

    /** Runs a command line of the original as it stands, with all of its options. */
    @Test
    void theCommandLineOfTheOriginal() throws IOException {
        Path data = GlueFiles.write(folder.resolve("STS-B"), "STS-B", 544);
        assertEquals(
                0,
                experiment("--task_name STS-B --do_train --data_dir " + data
                        + " --eval_batch_size 128 --predict_batch_size 128 --output_dir " + output
                        + " --scale_steps 250 --loss_scale 16384 --accumulative_update 1 --num_train_epochs 6"
                        + " --warmup 100 --learning_rate 2e-5 --train_batch_size 32 --max_seq_len 128"),
                err.toString());
        String results = Files.readString(output.resolve("eval_results_dev_000102-102.txt"));
        assertTrue(
                results.matches(
                        "eval_loss = \\S+\neval_metric = \\S+\neval_samples = 3\npearsonr = \\S+\nspearmanr = \\S+\n"),
                results);
        assertEquals(1, DebertaConfig.read(output.resolve("checkpoint-102")).numLabels());
        String log = Files.readString(output.resolve("training_sts-b.log"));
        assertTrue(log.contains("training on 544 examples"), log);
        assertTrue(log.contains(" update 100  loss "), log);
    }

    @ParameterizedTest
    @ValueSource(strings = {"STS-B", "RTE", "MRPC", "QNLI", "SST-2", "CoLA", "QQP", "MNLI", "ANLI"})
    void eachTaskTrainsEvaluatesAndPredicts(String task) throws IOException {
        // ANLI reads the folder of MNLI beside its own.
        Path data = GlueFiles.write(folder.resolve(task.equals("ANLI") ? "MNLI" : task), task, 6);
        Path named = task.equals("ANLI") ? folder.resolve("ANLI") : data;
        assertEquals(
                0,
                experiment("--task_name " + task + " --do_train --do_eval --do_predict --num_train_epochs 1"
                        + " --train_batch_size 4 --warmup 0 --max_seq_len 24 --tag t --fp16 True --data_dir " + named),
                err.toString());
        List<String> sets =
                task.endsWith("NLI") && !task.equals("QNLI") ? List.of("matched", "mismatched") : List.of("dev");
        for (String set : sets) {
            for (String prefix : List.of("t", "000001-1")) {
                String results = Files.readString(output.resolve("eval_results_" + set + "_" + prefix + ".txt"));
                assertTrue(results.contains("eval_metric = ") && results.contains("eval_samples = 3\n"), results);
                assertEquals(
                        4,
                        Files.readAllLines(output.resolve("submit-" + set + "-" + prefix + ".tsv"))
                                .size());
            }
        }
        String test = sets.getFirst().equals("dev") ? "test" : "matched";
        int columns = task.equals("STS-B") ? 1 : sets.size() == 2 ? 3 : 2;
        List<String> logits = Files.readAllLines(output.resolve("test_logits_" + test + "_t.txt"));
        assertEquals(3, logits.size());
        assertTrue(
                logits.getFirst()
                        .matches("-?\\d\\.\\d{18}e[+-]\\d\\d(\t-?\\d\\.\\d{18}e[+-]\\d\\d){" + (columns - 1) + "}"),
                logits.getFirst());
        assertEquals(
                Stream.of("RTE", "CoLA").anyMatch(task::equals),
                Files.exists(output.resolve("pred-probs-test-t.tsv")),
                "probabilities");
        assertTrue(err.toString().contains("--fp16 True scales the loss"), err.toString());
        assertTrue(Files.exists(output.resolve("best/model.safetensors")));
    }

    @Test
    void evaluatesWithoutTraining() throws IOException {
        Path data = GlueFiles.write(folder.resolve("RTE"), "RTE", 2);
        Files.delete(data.resolve("train.tsv"));
        assertEquals(0, experiment("--task_name rte --do_eval --data-dir=" + data), err.toString());
        assertTrue(Files.exists(output.resolve("eval_results_dev_final.txt")));
        assertFalse(Files.exists(output.resolve("model_config.json")));
    }

    @Test
    void beginningsOfNamesStandForOptionsAsInArgparse() {
        assertTrue(fault("--task_name RTE --do_").contains("'--do_' may be --do_eval or --do_predict or --do_train"));
        assertTrue(fault("--task_name RTE --do_train --learn x").contains("--learning_rate must be a number, not 'x'"));
        assertTrue(fault("--task_name RTE --do_train --fp16 maybe").contains("maybe"));
        assertTrue(fault("--task_name RTE --do_train --nothing 1").contains("there is no option '--nothing'"));
        assertTrue(
                fault("--task_name RTE --do_train --opt_type sgd").contains("--opt_type must be one of adam, admax"));
    }

    @Test
    void aPresetGivesWayToWhatIsGiven() throws IOException {
        Path data = GlueFiles.write(folder.resolve("MRPC"), "MRPC", 4);
        assertEquals(
                0,
                experiment("--task_name MRPC --preset base --do_train --train_batch_size 2 --warmup 0"
                        + " --num_train_epochs 1 --data_dir " + data),
                err.toString());
        assertTrue(err.toString().contains("cls_drop_out=0.15"), err.toString());
        assertTrue(err.toString().contains("train_batch_size=2,"), err.toString());
        assertEquals(
                0.15,
                DebertaConfig.read(output.resolve("checkpoint-2")).dropout().classifier());
        assertTrue(fault("--task_name MRPC --preset tiny --do_train").contains("it has base, large"), err.toString());
    }

    /** SiFT changes each update of classes and of numbers, and is refused with a head of the task's own. */
    @ParameterizedTest
    @ValueSource(strings = {"RTE", "CoLA", "STS-B"})
    void adversarialFineTuning(String task) throws IOException {
        Path data = GlueFiles.write(folder.resolve(task), task, 4);
        String words = "--task_name " + task + " --do_train --num_train_epochs 1 --train_batch_size 4 --warmup 0"
                + " --cls_drop_out 0 --max_seq_len 24 --data_dir " + data;
        assertEquals(0, experiment(words), err.toString());
        byte[] plain = Files.readAllBytes(output.resolve("checkpoint-1/model.safetensors"));
        assertEquals(
                0,
                experiment(words + " --vat_lambda 5 --vat_learning_rate 1e-4 --vat_init_perturbation 1e-2"
                        + " --overwrite_output_dir"),
                err.toString());
        assertNotEquals(
                Arrays.toString(plain),
                Arrays.toString(Files.readAllBytes(output.resolve("checkpoint-1/model.safetensors"))));
    }

    /** The task of each preset is there, and has the options of the preset with such values. */
    @Test
    void presetsAreReadLikeAnyOptions() {
        for (Preset preset : Preset.all()) {
            ParseResult parsed = Main.commands()
                    .parseArgs("experiment", "--task_name", preset.task(), "--preset", preset.name())
                    .subcommand();
            List<String> words = preset.arguments();
            String read = parsed.matchedOption(words.get(words.size() - 2))
                    .originalStringValues()
                    .getLast();
            assertTrue(read.equalsIgnoreCase(words.getLast()), preset + " is read as " + read);
        }
    }

    @Test
    void listsTasksAndPresets() {
        assertEquals(0, run("experiment", "--list"), err.toString());
        String listed = out.toString();
        assertTrue(listed.contains("sts-b: "), listed);
        assertTrue(
                listed.contains("    --preset xxlarge-v2: --init_model xxlarge-v2-mnli --max_seq_length 128"), listed);
        out.getBuffer().setLength(0);
        assertEquals(0, run("experiment", "--task_name", "*"), err.toString());
        assertEquals(listed, out.toString());
    }

    @Test
    void faultsSayWhatToDo() throws IOException {
        String unknown = fault("--task_name WNLI --do_train");
        assertTrue(unknown.contains("there is no task 'WNLI'; there are a") && unknown.contains(", sts-b"), unknown);
        assertTrue(fault("--do_train").contains("name a task by --task_name"), err.toString());
        assertTrue(fault("--task_name RTE").contains("say --do_train, --do_eval or --do_predict"), err.toString());
        String missing = fault("--task_name RTE --do_train --data_dir " + folder);
        assertTrue(missing.contains("rte reads " + folder.resolve("dev.tsv") + ", which does not exist"), missing);
        Path data = GlueFiles.write(folder.resolve("RTE"), "RTE", 4);
        String warmup = fault("--task_name RTE --do_train --train_batch_size 2 --warmup 100 --data_dir " + data);
        assertTrue(warmup.contains("the warm-up takes"), warmup);
        assertFalse(Files.exists(output));
        Files.writeString(data.resolve("train.tsv"), "header\n1\tonly one\n");
        String columns = fault("--task_name RTE --do_train --data_dir " + data);
        assertTrue(columns.contains("train.tsv, line 2 has 2 columns, and 3 are needed"), columns);
    }

    /** As the command's options are called, and not as those of {@code train}. */
    @Test
    void wrongNumbersAreToldByTheNamesOfTheOptions() {
        String words = "--task_name RTE --do_train ";
        Map.of(
                        "--train_batch_size 0", "--train_batch_size is 0: it must be at least 1",
                        "--accumulative_update 0", "--accumulative_update is 0: it must be at least 1",
                        "--warmup -1", "--warmup_proportion is -1: it must be at least 0",
                        "--warmup NaN", "--warmup_proportion is NaN: it must be at least 0",
                        "--loss_scale 0", "--loss_scale is 0: it must be above 0",
                        "--scale_steps 0", "--scale_steps is 0: it must be at least 1",
                        "--max_grad_norm NaN", "--max_grad_norm is NaN: it must be a finite number",
                        "--num_train_epochs -0.5", "--num_train_epochs is -0.5: it must be above 0",
                        "--eval_batch_size 0", "--eval_batch_size is 0: it must be at least 1")
                .forEach((option, message) -> assertTrue(fault(words + option).contains(message), err.toString()));
    }

    @Test
    void whereNothingCanBeWrittenIsToldInWords() throws IOException {
        Path data = GlueFiles.write(folder.resolve("RTE"), "RTE", 4);
        Path taken = file("taken", "");
        output = taken;
        String words = "--task_name RTE --do_eval --data_dir " + data;
        assertEquals("detangle: --output_dir " + taken + " is a file: name a folder", fault(words));
        output = taken.resolve("out");
        assertEquals(
                "detangle: " + output + " cannot be made: " + taken + " is a file; name another --output_dir",
                fault(words));
        output = folder.resolve("model");
        String there = fault("--task_name RTE --do_train --data_dir " + data);
        assertTrue(
                there.endsWith("name another --output_dir, go on with --resume_from_checkpoint, or say"
                        + " --overwrite_output_dir"),
                there);
    }
}
