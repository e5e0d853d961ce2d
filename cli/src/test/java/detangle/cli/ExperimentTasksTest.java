package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The original's command lines of tasks that are not of GLUE, with small files and a small model of random weights. */
class ExperimentTasksTest extends TrainCommandCase {
    private Path data;

    /** Trains for one epoch, evaluates before and behind, and predicts. */
    private int experiment(String task, String... more) throws IOException {
        data = TaskFiles.write(folder.resolve("data"), task);
        List<String> arguments = new ArrayList<>(List.of(("experiment --task_name " + task
                        + " --do_train --do_eval --do_predict --num_train_epochs 1 --train_batch_size 2 --warmup 0"
                        + " --max_seq_len 40 --tag t")
                .split(" ")));
        arguments.addAll(List.of("--data_dir", data.toString()));
        arguments.addAll(List.of("--init_model", model.toString(), "--output_dir", output.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(output.resolve(file));
    }

    /**
     * @param updates the updates of an epoch, in six digits
     * @param sets the sets that are evaluated, and how many examples each has: {@code dev:4}
     * @param measures the measures of each set
     * @param test the sets that are predicted
     * @param submission the beginning and the ending of the files with predictions
     */
    @ParameterizedTest
    @CsvSource({
        "BoolQ, 2, dev:4, accuracy, test, submit jsonl",
        "CB, 2, dev:4, accuracy f1, test, submit jsonl",
        "SRTE, 2, dev:4, accuracy, test, submit jsonl",
        "MultiRC, 4, dev:8, em f1, test, submit jsonl",
        "COPA, 4, dev:8, accuracy, test, submit tsv",
        "ReCoRD, 8, dev:16, exact_match f1, test, submit jsonl",
        "WiC, 2, dev:4 wordnet:4, accuracy, test, submit jsonl",
        "WSC, 2, dev:4, accuracy, test, submit jsonl",
        "RACE, 4, test-high:4 test-middle:4 test:8, accuracy, high middle, submit tsv",
        "AlphaNLI, 4, dev:8 train:8, accuracy, test, submit tsv",
        "NER, 1, dev:2 test:2, accuracy f1 precision recall, test, submit tsv",
        "XNLI, 2, dev-en:2 dev-fr:2 test-en:2 test-fr:2, accuracy, test-en test-fr, submit tsv",
        "SQuAD1.1, 2, dev:4, exact_match f1, dev, submit json",
        "SQuAD2.0, 3, dev:6, exact_match f1 HasAns_f1 NoAns_f1, dev, submit json"
    })
    void eachTaskTrainsEvaluatesAndPredicts(
            String task, int updates, String sets, String measures, String test, String submission) throws IOException {
        assertEquals(0, experiment(task), err.toString());
        String[] file = submission.split(" ");
        for (String set : sets.split(" ")) {
            String name = set.split(":")[0];
            for (String prefix : List.of("t", "%06d-%d".formatted(updates, updates))) {
                String results = Files.readString(output.resolve("eval_results_" + name + "_" + prefix + ".txt"));
                assertTrue(results.contains("eval_samples = " + set.split(":")[1] + "\n"), name + ": " + results);
                assertTrue(results.contains("eval_metric = "), results);
                for (String measure : measures.split(" ")) {
                    assertTrue(results.matches("(?s)(.*\n)?" + measure + " = [0-9.]+\n.*"), name + ": " + results);
                }
                assertTrue(Files.size(output.resolve(file[0] + "-" + name + "-" + prefix + "." + file[1])) > 2);
            }
        }
        for (String set : test.split(" ")) {
            assertTrue(Files.size(output.resolve("test_logits_" + set + "_t.txt")) > 0);
            assertTrue(Files.size(output.resolve(file[0] + "-" + set + "-t." + file[1])) > 0);
        }
        assertTrue(Files.exists(output.resolve("best/model.safetensors")));
        checkForm(task);
    }

    /** Checks that files have the form that the original, or a benchmark, gives them. */
    private void checkForm(String task) throws IOException {
        switch (task) {
            case "NER" -> {
                // Parameters of the head are called as the original calls them.
                for (String name : List.of("proj.weight", "proj.bias", "classifier.weight", "classifier.bias")) {
                    assertTrue(err.toString().contains(name), err.toString());
                }
                List<String> words = lines("submit-test-t.tsv");
                assertEquals("index\tpredictions", words.getFirst());
                assertTrue(words.get(1).matches("Anna (O|[BI]-(PER|ORG|LOC|MISC))"), words.get(1));
                assertEquals(11, words.size());
            }
            case "ReCoRD" -> {
                assertTrue(lines("submit-test-t.jsonl").getFirst().matches("\\{\"idx\":0,\"label\":\"(card|bank)\"}"));
                assertTrue(lines("predictions-test-t.jsonl")
                        .getFirst()
                        .matches("\\{\"idx\":0,\"answers\":\\[\\{\"start\":\\d+,\"end\":\\d+,"
                                + "\"text\":\"(card|bank)\",\"score\":-?0\\.\\d+(E-\\d)?},.*]}"));
            }
            default -> assertTrue(Files.exists(output.resolve("model_config.json")));
        }
    }
}
