package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an epoch cannot consist of is told before anything is measured. */
class EpochArgumentsTest extends TrainCommandCase {
    private String fault(String... more) throws IOException {
        Path rows = file("rows.csv", ROWS + "grass,green\na cloud,white\n");
        List<String> arguments = new ArrayList<>(List.of("bench", "--train-file", rows.toString()));
        arguments.addAll(List.of(more));
        err.getBuffer().setLength(0);
        assertTrue(run(arguments.toArray(String[]::new)) > 0, err.toString());
        return err.toString();
    }

    @Test
    void moreLabelsThanTheModelHas() throws IOException {
        assertEquals(
                "detangle: " + folder.resolve("rows.csv")
                        + " has 4 labels, and the model 3: name a configuration with as many",
                fault("" + model, "--training").lines().toList().getLast());
    }

    @Test
    void optionsThatDoNotGoTogether() throws IOException {
        assertTrue(fault("" + model).contains("--train-file goes with --training"), err.toString());
        assertTrue(fault("" + model, "--training", "--shape", "2x8").contains("batches of its own"), err.toString());
        assertTrue(fault("" + model, "--training", "--mix", "2,8").contains("batches of its own"), err.toString());
        assertTrue(
                fault("--training", "--random-weights", "" + model).contains("name one with --tokenizer-name"),
                err.toString());
        assertTrue(
                fault("" + model, "--training", "--num-train-epochs", "1").contains("is at least 2"), err.toString());
    }
}
