package detangle.cli;

import detangle.runtime.OptionValues;
import detangle.train.EvaluationOptions;
import detangle.train.Moment;
import detangle.train.Recipe;
import detangle.train.SavingOptions;
import detangle.train.TrainingOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * The options of the length of training, and of when a model is evaluated and saved, by the names of HuggingFace's
 * options.
 */
final class RunArguments {
    /** HuggingFace's word for the newest checkpoint. */
    private static final String NEWEST = "true";

    /** HuggingFace's word for no checkpoint. */
    private static final String NONE = "false";

    /** The words of {@code --recipe}. */
    static final class Recipes extends NamedValues<Recipe> {
        Recipes() {
            super(all(Recipe.class), NamedValues::lowerCase);
        }
    }

    /** The words of {@code --save-strategy}. */
    static final class SavingMoments extends NamedValues<Moment> {
        SavingMoments() {
            super(List.of(Moment.NEVER, Moment.STEPS, Moment.EPOCH, Moment.BEST), RunArguments::word);
        }
    }

    /** The words of {@code --eval-strategy}; which evaluation is the best is known only after it. */
    static final class EvaluationMoments extends NamedValues<Moment> {
        EvaluationMoments() {
            super(List.of(Moment.NEVER, Moment.STEPS, Moment.EPOCH), RunArguments::word);
        }
    }

    private static String word(Moment moment) {
        return moment == Moment.NEVER ? "no" : NamedValues.lowerCase(moment);
    }

    /** Takes the next word as the value only if it looks like a checkpoint, as it may also be the model. */
    static final class LooksLikeCheckpoint implements IParameterPreprocessor {
        private static final Pattern VALUE = Pattern.compile("(?i)true|false|(.*[/\\\\])?checkpoint-\\d+[/\\\\]?");

        @Override
        public boolean preprocess(Stack<String> rest, CommandSpec spec, ArgSpec argument, Map<String, Object> info) {
            boolean isValue = "=".equals(info.get("separator"))
                    || !rest.isEmpty() && VALUE.matcher(rest.peek()).matches();
            if (!isValue) {
                rest.push(NEWEST);
            }
            return false;
        }
    }

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            converter = Recipes.class,
            completionCandidates = Recipes.class,
            description = "The trainer whose defaults and rules apply: ${COMPLETION-CANDIDATES}; huggingface by"
                    + " default.")
    private Recipe recipe = Recipe.HUGGINGFACE;

    @Option(
            names = "--num-train-epochs",
            paramLabel = "X",
            description = "The number of epochs, which may be a fraction; 3 by default.")
    private Optional<Double> epochs;

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            description = "The number of updates, instead of a number of epochs; with 0, or HuggingFace's -1, the"
                    + " epochs decide.")
    private Optional<Long> maxSteps;

    @Option(
            names = "--per-device-train-batch-size",
            paramLabel = "N",
            description = "The number of rows that go through the model together; 8 by default. In microsoft's"
                    + " recipe it is the number of rows of an update, 64.")
    private Optional<Integer> batch;

    @Option(
            names = "--gradient-accumulation-steps",
            paramLabel = "N",
            description = "The number of such batches in an update; 1 by default.")
    private Optional<Integer> accumulation;

    @Option(
            names = "--gradient-checkpointing",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Keep only the input of each layer, and compute the layer again in the backward pass:"
                    + " less memory, more time, the same results.")
    private boolean checkpointing;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The seed of the order of rows and of dropout; 42 by default, 1234 in microsoft's recipe.")
    private Optional<Long> seed;

    @Option(
            names = "--data-seed",
            paramLabel = "N",
            description = "The seed of the order of rows, if it has its own; that of --seed by default.")
    private Optional<Long> dataSeed;

    @Option(
            names = {"--evaluation-strategy", "--eval-strategy"},
            paramLabel = "WHEN",
            converter = EvaluationMoments.class,
            completionCandidates = EvaluationMoments.class,
            description =
                    "When the model is evaluated: ${COMPLETION-CANDIDATES}; epoch by default, if there are rows to"
                            + " validate with.")
    private Optional<Moment> evalStrategy;

    @Option(
            names = "--eval-steps",
            paramLabel = "N",
            description = "The number of updates between evaluations; 500 by default.")
    private Optional<Double> evalSteps;

    @Option(
            names = "--save-strategy",
            paramLabel = "WHEN",
            converter = SavingMoments.class,
            completionCandidates = SavingMoments.class,
            description = "When checkpoints are written: ${COMPLETION-CANDIDATES}; steps by default.")
    private Optional<Moment> saveStrategy;

    @Option(
            names = "--save-steps",
            paramLabel = "N",
            description = "The number of updates between checkpoints; 500 by default.")
    private Optional<Double> saveSteps;

    @Option(
            names = "--save-total-limit",
            paramLabel = "N",
            description = "The most checkpoints that are kept; older ones are deleted, but not the best.")
    private Optional<Integer> saveLimit;

    @Option(
            names = "--load-best-model-at-end",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "End training with the parameters of the best evaluation.")
    private boolean loadBest;

    @Option(
            names = "--metric-for-best-model",
            paramLabel = "NAME",
            description =
                    "The metric that decides: loss by default; accuracy, f1 and so on, as evaluations print them.")
    private Optional<String> metric;

    @Option(
            names = "--greater-is-better",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description =
                    "Whether a greater value of that metric is better; true by default, unless its name ends in loss.")
    private Optional<Boolean> greater;

    @Option(
            names = "--early-stopping-patience",
            paramLabel = "N",
            description = "The number of evaluations in a row without improvement after which training ends.")
    private Optional<Integer> patience;

    @Option(
            names = "--early-stopping-threshold",
            paramLabel = "X",
            description = "The least improvement that counts; 0 by default.")
    private Optional<Double> threshold;

    @Option(
            names = "--resume-from-checkpoint",
            paramLabel = "CHECKPOINT",
            arity = "0..1",
            fallbackValue = NEWEST,
            preprocessor = LooksLikeCheckpoint.class,
            description = "Continue, bit for bit, from this checkpoint; by default from the newest one in the output"
                    + " folder, if there is one.")
    private Optional<String> resume;

    Recipe recipe() {
        return recipe;
    }

    boolean resumes() {
        return resume.filter(value -> !value.equalsIgnoreCase(NONE)).isPresent();
    }

    /** Returns the checkpoint that is named to go on from. */
    Optional<Path> checkpoint() {
        return resume.filter(value -> !value.equalsIgnoreCase(NONE) && !value.equalsIgnoreCase(NEWEST))
                .map(Path::of);
    }

    /**
     * Refuses options of evaluations that would have no effect.
     *
     * @param validates whether there are rows to validate with
     */
    void check(boolean validates) {
        Moment when = evaluates(validates);
        if (evalSteps.isPresent() && when != Moment.STEPS) {
            throw wrongUse("--eval-steps goes with --eval-strategy steps");
        }
        boolean judges = Stream.of(metric, greater, threshold).anyMatch(Optional::isPresent);
        if (judges && when == Moment.NEVER) {
            throw wrongUse("--metric-for-best-model, --greater-is-better and --early-stopping-threshold are for"
                    + " evaluations, and there are none: name a --validation-file or leave them out");
        }
        if (threshold.isPresent() && patience.isEmpty()) {
            throw wrongUse("--early-stopping-threshold goes with --early-stopping-patience");
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private SavingOptions resuming(SavingOptions saving) {
        if (!resumes()) {
            return saving;
        }
        return checkpoint().map(saving::withResumeFrom).orElseGet(() -> saving.withResume(true));
    }

    /**
     * Returns all options of training but those of the optimizer.
     *
     * @param overwrites whether checkpoints that are in the folder are deleted
     * @param validates whether there are rows to validate with
     */
    TrainingOptions options(Path outputDir, boolean overwrites, boolean validates) {
        TrainingOptions base = recipe == Recipe.MICROSOFT ? TrainingOptions.MICROSOFT : TrainingOptions.DEFAULT;
        TrainingOptions timed = OptionValues.with(base, epochs, TrainingOptions::withNumTrainEpochs);
        TrainingOptions limited =
                OptionValues.with(timed, maxSteps.filter(n -> n != -1), TrainingOptions::withMaxSteps);
        TrainingOptions batched = OptionValues.with(limited, batch, TrainingOptions::withPerDeviceTrainBatchSize);
        TrainingOptions accumulated =
                OptionValues.with(batched, accumulation, TrainingOptions::withGradientAccumulationSteps);
        TrainingOptions seeded = OptionValues.with(accumulated, seed, TrainingOptions::withSeed);
        TrainingOptions ordered = OptionValues.with(seeded, dataSeed, TrainingOptions::withDataSeed);
        return ordered.withGradientCheckpointing(checkpointing)
                .with(evaluation(validates))
                .with(saving(outputDir, validates).withOverwrites(overwrites));
    }

    private Moment evaluates(boolean validates) {
        return evalStrategy.orElse(validates ? Moment.EPOCH : Moment.NEVER);
    }

    private EvaluationOptions evaluation(boolean validates) {
        EvaluationOptions timed = EvaluationOptions.NONE.withStrategy(evaluates(validates), evalSteps.orElse(500.0));
        EvaluationOptions measured = OptionValues.with(timed, metric, EvaluationOptions::withMetricForBestModel);
        EvaluationOptions judged = OptionValues.with(measured, greater, EvaluationOptions::withGreaterIsBetter);
        EvaluationOptions best = judged.withLoadBestModelAtEnd(loadBest);
        return patience.map(n -> best.withEarlyStopping(n, threshold.orElse(0.0)))
                .orElse(best);
    }

    private SavingOptions saving(Path outputDir, boolean validates) {
        Moment usual = loadBest ? evaluates(validates) : Moment.STEPS;
        double steps = saveSteps.orElse(loadBest ? evalSteps.orElse(500.0) : 500.0);
        SavingOptions timed = SavingOptions.in(outputDir).withStrategy(saveStrategy.orElse(usual), steps);
        return resuming(OptionValues.with(timed, saveLimit, SavingOptions::withSaveTotalLimit));
    }
}
