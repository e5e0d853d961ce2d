package detangle.cli;

import detangle.train.OptimizerOptions;
import detangle.train.TrainingException;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.MicrosoftSchedule;
import detangle.train.optimizer.Optimizers;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options of {@code experiment} that the original's optimizer has (DeBERTa/optims/args.py). */
final class ExperimentOptimizerOptions {
    /** The words of {@code --opt_type}. */
    static final class OptimizerTypes extends NamedValues<String> {
        OptimizerTypes() {
            super(List.of("adam", "admax"), word -> word);
        }
    }

    /** The words of {@code --lr_schedule}. */
    static final class ScheduleForms extends NamedValues<String> {
        ScheduleForms() {
            super(
                    Arrays.stream(MicrosoftSchedule.Form.values())
                            .map(MicrosoftSchedule.Form::text)
                            .toList(),
                    word -> word);
        }
    }

    @Option(
            names = "--fp16",
            arity = "1",
            paramLabel = "True|False",
            description = "Scale the loss as the original does in 16 bits; the arithmetic is in 32 bits.")
    private boolean fp16;

    @Option(
            names = "--loss_scale",
            paramLabel = "X",
            description = "The first factor of the loss with --fp16; 16384 by default.")
    private double lossScale = 16_384;

    @Option(
            names = "--scale_steps",
            paramLabel = "N",
            description = "The number of updates after which the factor is doubled; 250 by default.")
    private long scaleSteps = 250;

    @Option(
            names = "--lookahead_k",
            paramLabel = "N",
            description = "The number of updates between two steps of lookahead; -1 for none.")
    private int lookaheadK = -1;

    @Option(
            names = "--lookahead_alpha",
            paramLabel = "X",
            description = "The share of the way that lookahead goes; 0.5 by default.")
    private double lookaheadAlpha = 0.5;

    @Option(
            names = "--with_radam",
            arity = "1",
            paramLabel = "True|False",
            description = "Let the rate follow the variance of the second average; not with admax.")
    private boolean withRadam;

    @Option(
            names = "--opt_type",
            paramLabel = "NAME",
            converter = OptimizerTypes.class,
            completionCandidates = OptimizerTypes.class,
            description = "${COMPLETION-CANDIDATES}; adam by default.")
    private String optType = "adam";

    @Option(
            names = "--warmup_proportion",
            paramLabel = "X",
            description = "The warm-up: a share of all updates below 1, and their number from 1 on; 0.1 by default.")
    private double warmup = 0.1;

    @Option(
            names = "--lr_schedule_ends",
            paramLabel = "X",
            description = "The factor of the rate at the end of the schedule; 0 by default.")
    private double scheduleEnds;

    @Option(
            names = "--lr_schedule",
            paramLabel = "NAME",
            converter = ScheduleForms.class,
            completionCandidates = ScheduleForms.class,
            description = "${COMPLETION-CANDIDATES}; warmup_linear by default.")
    private String schedule = "warmup_linear";

    @Option(
            names = "--max_grad_norm",
            paramLabel = "X",
            description = "The largest norm of all gradients; 0 for no limit; 1 by default.")
    private double maxGradNorm = 1;

    @Option(names = "--learning_rate", paramLabel = "X", description = "The rate before its schedule; 5e-5 by default.")
    private double learningRate = 5e-5;

    @Option(names = "--epsilon", paramLabel = "X", description = "Adam's epsilon; 1e-6 by default.")
    private double epsilon = 1e-6;

    @Option(names = "--adam_beta1", paramLabel = "X", description = "The rate of Adam's first average; 0.9 by default.")
    private double beta1 = 0.9;

    @Option(
            names = "--adam_beta2",
            paramLabel = "X",
            description = "The rate of Adam's second average; 0.999 by default.")
    private double beta2 = 0.999;

    @Option(names = "--weight_decay", paramLabel = "X", description = "The decay of weights; 0.01 by default.")
    private double weightDecay = 0.01;

    /** Refuses numbers outside their ranges. */
    void check(NumberChecks numbers) {
        numbers.above("--loss_scale", lossScale, 0);
        numbers.atLeast("--scale_steps", scaleSteps, 1);
        numbers.atLeast("--warmup_proportion", warmup, 0);
        numbers.above("--learning_rate", learningRate, 0);
        numbers.atLeast("--weight_decay", weightDecay, 0);
        numbers.finite("--max_grad_norm", maxGradNorm);
        numbers.finite("--lr_schedule_ends", scheduleEnds);
    }

    /** Returns remarks on what differs from the original. */
    List<String> notices() {
        return fp16
                ? List.of("--fp16 True scales the loss, beginning with " + lossScale
                        + "; the arithmetic is in 32 bits, as no backend trains in fp16")
                : List.of();
    }

    OptimizerOptions options() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("adam_beta1", Double.toString(beta1));
        settings.put("adam_beta2", Double.toString(beta2));
        settings.put("adam_epsilon", Double.toString(epsilon));
        if (lookaheadK > 0) {
            settings.put("lookahead_k", Integer.toString(lookaheadK));
            settings.put("lookahead_alpha", Double.toString(lookaheadAlpha));
        }
        OptimizerOptions options = OptimizerOptions.MICROSOFT
                .with(Optimizers.named(optimizer(), settings))
                .withLearningRate(learningRate)
                .withWeightDecay(weightDecay)
                .withMaxGradNorm(Math.max(0, maxGradNorm))
                .withSchedule(schedule, Map.of("lr_schedule_ends", Double.toString(scheduleEnds)));
        OptimizerOptions warmed = warmup < 1 ? options.withWarmupRatio(warmup) : options.withWarmupSteps((long) warmup);
        return fp16 ? warmed.withLossScaler(LossScaler.Microsoft.begin(lossScale, scaleSteps)) : warmed;
    }

    private String optimizer() {
        if (withRadam && optType.equals("admax")) {
            throw new TrainingException("--with_radam goes with --opt_type adam, and not with admax");
        }
        return withRadam ? "radam" : optType.equals("admax") ? "admax" : "xadam";
    }
}
