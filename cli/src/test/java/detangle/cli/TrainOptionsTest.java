package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.XAdam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Options of train change what is trained, and values that mean nothing are refused. */
class TrainOptionsTest extends TrainCommandCase {
    private Path rows;

    @BeforeEach
    void makeRows() throws IOException {
        rows = file("rows.csv", ROWS);
    }

    /** Trains into a folder of its own, and returns it. */
    private Path trained(String name, String... more) {
        output = folder.resolve(name);
        assertEquals(0, train(rows, more), err.toString());
        return output;
    }

    /** A command with nothing but the options of the optimizer. */
    @Command
    private static final class Probe {
        @Mixin
        private OptimizerArguments arguments;

        static OptimizerOptions options(Recipe recipe, String... arguments) {
            Probe probe = new Probe();
            new CommandLine(probe).parseArgs(arguments);
            return probe.arguments.options(recipe);
        }
    }

    @Test
    void anOptimizerByItsName() {
        assertEquals(AdamW.DEFAULT, Probe.options(Recipe.HUGGINGFACE).optimizer());
        assertEquals(XAdam.DEFAULT, Probe.options(Recipe.MICROSOFT).optimizer());
        assertEquals(
                new AdamW(0.9, 0.999, 1e-8, true),
                Probe.options(Recipe.MICROSOFT, "--optim=adamw_torch", "--optim-args", "amsgrad=true")
                        .optimizer());
        String[] admax = {
            "--optim=admax",
            "--optim-args=lookahead_k=6,lookahead_alpha=0.8",
            "--adam-beta1=0.8",
            "--adam-beta2=0.99",
            "--adam-epsilon=1e-4"
        };
        assertEquals(
                new XAdam(0.8, 0.99, 1e-4, XAdam.Form.ADMAX, false, 6, 0.8),
                Probe.options(Recipe.HUGGINGFACE, admax).optimizer());
        assertTrue(fault(rows, "--optim", "adamm").contains("adamw_torch, adamw_torch_fused, xadam"), err.toString());
        assertEquals(
                "detangle: the optimizer adamw_torch has no setting [lookahead_k]",
                fault(rows, "--optim-args", "lookahead_k=2"));
    }

    @Test
    void aRateThatFollowsEvaluations() {
        String[] options = {
            "--max-steps=3",
            "--validation-file=" + rows,
            "--eval-strategy=steps",
            "--eval-steps=1",
            "--logging-steps=1",
            "--learning-rate=1e-3",
            "--lr-scheduler-type=reduce_lr_on_plateau",
            "--lr-scheduler-kwargs=factor=0.5,patience=0,threshold=0.9"
        };
        Path output = trained("plateau", options);
        List<Double> rates = json(output.resolve("trainer_state.json"))
                .get("log_history")
                .valueStream()
                .filter(entry -> entry.has("learning_rate"))
                .map(entry -> entry.get("learning_rate").asDouble())
                .toList();
        assertEquals(List.of(1e-3, 1e-3, 5e-4), rates);
        this.output = folder.resolve("none");
        assertEquals(
                "detangle: lr_scheduler_type is reduce_lr_on_plateau, whose rate follows from evaluations:"
                        + " set eval_strategy",
                fault(rows, "--lr-scheduler-type", "reduce_lr_on_plateau"));
    }
}
