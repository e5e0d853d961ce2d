package detangle.cli;

import detangle.runtime.OptionValues;
import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.optimizer.Optimizer;
import detangle.train.optimizer.Optimizers;
import detangle.train.optimizer.ReduceOnPlateau;
import detangle.train.optimizer.Schedules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of how parameters are updated, by the names of HuggingFace's options. */
final class OptimizerArguments {
    /** The words of {@code --lr-scheduler-type}. */
    static final class ScheduleNames extends NamedValues<String> {
        ScheduleNames() {
            super(Schedules.names(), name -> name);
        }
    }

    /** The words of {@code --optim}. */
    static final class OptimizerNames extends NamedValues<String> {
        OptimizerNames() {
            super(Optimizers.names(), name -> name);
        }
    }

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description = "The learning rate before its schedule; 5e-5 by default.")
    private Optional<Double> learningRate;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "The decay of weights; 0 by default, 0.01 in microsoft's recipe.")
    private Optional<Double> weightDecay;

    @Option(
            names = "--optim",
            paramLabel = "NAME",
            converter = OptimizerNames.class,
            completionCandidates = OptimizerNames.class,
            description =
                    "The optimizer: ${COMPLETION-CANDIDATES}; adamw_torch by default, xadam in microsoft's recipe.")
    private Optional<String> optim;

    @Option(
            names = "--optim-args",
            split = ",",
            paramLabel = "NAME=X",
            description =
                    "Settings of the optimizer: amsgrad=true for AdamW, lookahead_k=6 and lookahead_alpha=0.5 for the others.")
    private Map<String, String> optimizerSettings = new LinkedHashMap<>();

    @Option(names = "--adam-beta1", paramLabel = "X", description = "The rate of Adam's first average; 0.9 by default.")
    private Optional<Double> beta1;

    @Option(
            names = "--adam-beta2",
            paramLabel = "X",
            description = "The rate of Adam's second average; 0.999 by default.")
    private Optional<Double> beta2;

    @Option(
            names = "--adam-epsilon",
            paramLabel = "X",
            description = "Adam's epsilon; 1e-8 by default, 1e-6 for microsoft's optimizers.")
    private Optional<Double> epsilon;

    @Option(
            names = "--max-grad-norm",
            paramLabel = "X",
            description =
                    "The largest norm of all gradients, to which larger ones are scaled down; 1 by default, 0 for no limit.")
    private Optional<Double> maxGradNorm;

    @Option(
            names = "--lr-scheduler-type",
            paramLabel = "NAME",
            converter = ScheduleNames.class,
            completionCandidates = ScheduleNames.class,
            description =
                    "The schedule of the rate: ${COMPLETION-CANDIDATES}; linear by default, warmup_linear in microsoft's recipe.")
    private Optional<String> schedule;

    @Option(
            names = "--lr-scheduler-kwargs",
            split = ",",
            paramLabel = "NAME=X",
            description = "Settings of the schedule, such as num_cycles=2.")
    private Map<String, String> scheduleSettings = new LinkedHashMap<>();

    @Option(
            names = "--warmup-ratio",
            paramLabel = "X",
            description =
                    "The share of all updates in which the rate rises from 0; 0 by default, 0.1 in microsoft's recipe.")
    private Optional<Double> warmupRatio;

    @Option(
            names = "--warmup-steps",
            paramLabel = "N",
            description = "The number of updates in which the rate rises from 0, instead of a share.")
    private Optional<Long> warmupSteps;

    @Option(
            names = "--layerwise-lr-decay",
            paramLabel = "X",
            description =
                    "The factor from the rate of a layer to the rate of the layer below it, such as 0.9; 1 by default.")
    private Optional<Double> layerwise;

    @Option(names = "--head-learning-rate", paramLabel = "X", description = "The rate of the head, if it has its own.")
    private Optional<Double> headRate;

    @Option(
            names = "--freeze",
            split = ",",
            paramLabel = "PART",
            description =
                    "Parts that are not trained: embeddings, encoder, layer.N, layer.N-M, or the beginning of names.")
    private List<String> frozen = List.of();

    @Option(
            names = "--freeze-pattern",
            paramLabel = "REGEX",
            description =
                    "A regular expression that matches the whole names of parameters that are not trained, as PEFT's target_modules"
                            + " matches modules: .*LayerNorm.*, deberta\\.encoder\\.layer\\.[0-5]\\..*")
    private List<String> frozenPatterns = List.of();

    OptimizerOptions options(Recipe recipe) {
        OptimizerOptions usual = recipe == Recipe.MICROSOFT ? OptimizerOptions.MICROSOFT : OptimizerOptions.HUGGINGFACE;
        // A recipe's own warm-up gives way to a schedule that has none; one that is asked for does not.
        OptimizerOptions base =
                schedule.filter(ReduceOnPlateau.NAME::equals).isPresent() ? usual.withWarmupRatio(0) : usual;
        OptimizerOptions rated = OptionValues.with(base, learningRate, OptimizerOptions::withLearningRate);
        OptimizerOptions decayed = OptionValues.with(rated, weightDecay, OptimizerOptions::withWeightDecay);
        OptimizerOptions clipped = OptionValues.with(decayed, maxGradNorm, OptimizerOptions::withMaxGradNorm);
        OptimizerOptions warmed = OptionValues.with(clipped, warmupRatio, OptimizerOptions::withWarmupRatio);
        OptimizerOptions stepped = OptionValues.with(warmed, warmupSteps, OptimizerOptions::withWarmupSteps);
        OptimizerOptions layered = OptionValues.with(stepped, layerwise, OptimizerOptions::withLayerwiseDecay);
        OptimizerOptions headed = OptionValues.with(layered, headRate, OptimizerOptions::withHeadLearningRate);
        return headed.withSchedule(schedule.orElse(base.lrSchedulerType()), scheduleSettings)
                .with(optimizer(recipe))
                .withFrozen(prefixes())
                .withFrozenPatterns(frozenPatterns);
    }

    private Optimizer optimizer(Recipe recipe) {
        Map<String, String> settings = new LinkedHashMap<>(optimizerSettings);
        beta1.ifPresent(value -> settings.put("adam_beta1", value.toString()));
        beta2.ifPresent(value -> settings.put("adam_beta2", value.toString()));
        epsilon.ifPresent(value -> settings.put("adam_epsilon", value.toString()));
        return Optimizers.named(optim.orElse(recipe == Recipe.MICROSOFT ? "xadam" : "adamw_torch"), settings);
    }

    /** Returns the beginnings of the names of parameters that are not trained. */
    private List<String> prefixes() {
        List<String> prefixes = new ArrayList<>();
        for (String part : frozen) {
            if (part.equals("embeddings") || part.equals("encoder")) {
                prefixes.add("deberta." + part + ".");
            } else if (part.matches("layer\\.\\d{1,3}(-\\d{1,3})?")) {
                String[] range = part.substring("layer.".length()).split("-");
                int first = Integer.parseInt(range[0]);
                int last = Integer.parseInt(range[range.length - 1]);
                if (first > last) {
                    throw new ParameterException(
                            spec.commandLine(),
                            "--freeze names no layers with '" + part + "': write layer." + last + "-" + first);
                }
                for (int layer = first; layer <= last; layer++) {
                    prefixes.add("deberta.encoder.layer." + layer + ".");
                }
            } else if (part.isBlank()) {
                throw new ParameterException(spec.commandLine(), "--freeze names nothing");
            } else {
                prefixes.add(part);
            }
        }
        return prefixes;
    }
}
