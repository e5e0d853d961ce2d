package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DropoutRates;
import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.TrainingOptions;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.FrozenParameters;
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

    @Test
    void ratesOfDropoutAreWritten() {
        Path trained = trained(
                "dropout",
                "--max-steps=1",
                "--hidden-dropout-prob=0.3",
                "--attention_probs_dropout_prob=0",
                "--pooler-dropout=0.2",
                "--classifier-dropout=0.25",
                "--data-seed=7");
        assertEquals(
                new DropoutRates(0.3, 0, 0.2, 0.25), DebertaConfig.read(trained).dropout());
        assertEquals(
                7,
                json(trained.resolve("checkpoint-1/trainer_state.json"))
                        .get("data_seed")
                        .asInt());
        assertEquals(
                "detangle: cls_dropout is 1.0: it must be at least 0 and below 1",
                fault(rows, "--overwrite-output-dir", "--cls-dropout=1"));
    }

    /** Another row comes first. */
    @Test
    void theOrderOfRowsHasASeedOfItsOwn() {
        String[] one = {"--max-steps=1", "--per-device-train-batch-size=1", "--save-strategy=no"};
        double usual = loss(trained("usual", one));
        String[] other = {"--max-steps=1", "--per-device-train-batch-size=1", "--save-strategy=no", "--data-seed=1"};
        assertNotEquals(usual, loss(trained("other", other)));
    }

    private static double loss(Path output) {
        return json(output.resolve("train_results.json")).get("train_loss").asDouble();
    }

    @Test
    void aHeadForOtherLabelsIsRefusedUnlessItIsToBeNew() {
        assertEquals(1, run("train", "" + model, "--train-file", "" + rows, "--output-dir", "" + output), "" + out);
        String told = err.toString().lines().toList().getLast();
        assertTrue(told.contains("its head was trained for other labels; pass --ignore-mismatched-sizes"), told);
    }

    @Test
    void whatIsFrozenByAPattern() {
        assertEquals(
                new FrozenParameters(
                        List.of("deberta.encoder.layer.0.", "deberta.encoder.layer.1."), List.of(".{0,3}a,b", "c")),
                OptimizerProbe.options(
                                Recipe.HUGGINGFACE,
                                "--freeze=layer.0-1",
                                "--freeze-pattern=.{0,3}a,b",
                                "--freeze-pattern=c")
                        .frozen());
        assertEquals(
                "detangle: 'layer.[0' says what is to be frozen, and a class of it does not end",
                fault(rows, "--freeze-pattern", "layer.[0"));
    }

    /** A command with nothing but the options of the optimizer. */
    @Command
    private static final class OptimizerProbe {
        @Mixin
        private OptimizerArguments arguments;

        static OptimizerOptions options(Recipe recipe, String... arguments) {
            OptimizerProbe probe = new OptimizerProbe();
            new CommandLine(probe).parseArgs(arguments);
            return probe.arguments.options(recipe);
        }
    }

    @Test
    void anOptimizerByItsName() {
        assertEquals(AdamW.DEFAULT, OptimizerProbe.options(Recipe.HUGGINGFACE).optimizer());
        assertEquals(XAdam.DEFAULT, OptimizerProbe.options(Recipe.MICROSOFT).optimizer());
        assertEquals(
                new AdamW(0.9, 0.999, 1e-8, true),
                OptimizerProbe.options(Recipe.MICROSOFT, "--optim=adamw_torch", "--optim-args", "amsgrad=true")
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
                OptimizerProbe.options(Recipe.HUGGINGFACE, admax).optimizer());
        assertTrue(fault(rows, "--optim", "adamm").contains("adamw_torch, adamw_torch_fused, xadam"), err.toString());
        assertEquals(
                "detangle: the optimizer adamw_torch has no setting [lookahead_k]",
                fault(rows, "--optim-args", "lookahead_k=2"));
    }

    @Test
    void aRecipesOwnWarmUpGivesWayToAScheduleWithoutOne() {
        String plateau = "--lr-scheduler-type=reduce_lr_on_plateau";
        assertEquals(0, OptimizerProbe.options(Recipe.MICROSOFT, plateau).warmupRatio());
        assertEquals(
                0.2,
                OptimizerProbe.options(Recipe.MICROSOFT, plateau, "--warmup-ratio=0.2")
                        .warmupRatio());
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

    /** A command with nothing but the options of the run. */
    @Command
    private static final class RunProbe {
        @Mixin
        private RunArguments arguments;

        static TrainingOptions options(String... arguments) {
            RunProbe probe = new RunProbe();
            new CommandLine(probe).parseArgs(arguments);
            return probe.arguments.options(Path.of("out"), false, false);
        }
    }

    @Test
    void layersAreComputedAgainIfThatIsAsked() {
        assertFalse(RunProbe.options().gradientCheckpointing());
        assertTrue(RunProbe.options("--gradient-checkpointing").gradientCheckpointing());
        assertFalse(RunProbe.options("--gradient-checkpointing=false").gradientCheckpointing());
        assertEquals(0, train(rows, "--max-steps=1", "--gradient_checkpointing"), err.toString());
    }
}
