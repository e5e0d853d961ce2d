package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bench refuses impossible benchmarks of training before it measures anything. */
class BenchTrainingFaultsTest extends TrainCommandCase {
    /** Returns all that is told about a benchmark with options that blanks divide. */
    private String fault(String options) {
        List<String> arguments = new ArrayList<>(List.of("bench"));
        arguments.addAll(List.of(options.split(" ")));
        err.getBuffer().setLength(0);
        assertTrue(run(arguments.toArray(String[]::new)) > 0, options);
        return err.toString();
    }

    private void assertFaults(String each, Map<String, String> faults) {
        faults.forEach((options, message) -> {
            String told = fault(each + " " + options);
            assertTrue(told.contains(message), () -> options + " told: " + told);
        });
    }

    private Path rows() throws IOException {
        return file("rows.csv", ROWS + "grass,green\na cloud,white\n");
    }

    @Test
    void moreLabelsThanTheModelHas() throws IOException {
        Path rows = rows();
        assertEquals(
                "detangle: " + rows + " has 4 labels, and the model 3: name a configuration with as many",
                fault(model + " --training --train-file " + rows)
                        .lines()
                        .toList()
                        .getLast());
    }

    @Test
    void optionsOfEpochsThatDoNotGoTogether() throws IOException {
        assertFaults(
                "--train-file " + rows(),
                Map.of(
                        "" + model, "--train-file goes with --training",
                        model + " --training --shape 2x8", "batches of its own",
                        model + " --training --mix 2,8", "batches of its own",
                        "--training --random-weights " + model, "name one with --tokenizer-name",
                        model + " --training --num-train-epochs 1", "must be at least 2"));
    }

    @Test
    void optionsOfEpochsGoWithAFile() {
        String told = "go with --train-file";
        assertFaults(
                model + " --training",
                Map.of(
                        "--per-device-train-batch-size 4",
                        told,
                        "--num-train-epochs 2",
                        told,
                        "--tokenizer-name " + model,
                        told));
    }

    @Test
    void optionsOfAStepThatDoNotGoTogether() {
        assertFaults(
                model + " --shape 1x8",
                Map.of(
                        "--gradient-checkpointing", "--gradient-checkpointing goes with --training",
                        "--lora", "--lora goes with --training",
                        "--training --lora-r 4", "options of an adapter go with --lora",
                        "--training --weight-type bf16", "--weight-type of what is not trained goes with --lora",
                        "--training --lora --peer pytorch", "a peer trains all parameters, and not an adapter"));
    }
}
