package detangle.train;

import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.Clipping;
import detangle.train.optimizer.DecayRule;
import detangle.train.optimizer.FrozenParameters;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.Optimizer;
import detangle.train.optimizer.ParameterGroups;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.optimizer.ReduceOnPlateau;
import detangle.train.optimizer.Schedule;
import detangle.train.optimizer.Schedules;
import detangle.train.optimizer.XAdam;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * These options say how parameters are updated. Names are those of HuggingFace's Trainer where it has such an option.
 *
 * @param optimizer the optimizer with its betas and epsilon ({@code optim}, {@code adam_beta1}, {@code adam_beta2},
 *     {@code adam_epsilon}); {@link detangle.train.optimizer.Optimizers} makes one by its name
 * @param learningRate the rate that the schedule's factors multiply
 * @param weightDecay the decay of all parameters except biases and the scales of layer norms
 * @param maxGradNorm the largest common norm of all gradients; larger gradients are scaled down to it; 0 leaves them
 * @param lrSchedulerType a name of {@link Schedules#names}
 * @param lrSchedulerKwargs settings of the schedule, such as {@code num_cycles}
 * @param warmupRatio the share of all updates that the warm-up takes, if {@code warmupSteps} is 0
 * @param warmupSteps the number of updates of the warm-up
 * @param layerwiseDecay the factor from the rate of a layer to the rate of the layer below it; 1 for one rate
 * @param headLearningRate the rate of all parameters outside the encoder; empty for the same rate
 * @param frozen the parameters that are not trained
 * @param lossScaler the scaler that multiplies the loss; empty for none, as gradients in single precision need none
 */
public record OptimizerOptions(
        Optimizer optimizer,
        double learningRate,
        double weightDecay,
        double maxGradNorm,
        String lrSchedulerType,
        Map<String, String> lrSchedulerKwargs,
        double warmupRatio,
        long warmupSteps,
        double layerwiseDecay,
        OptionalDouble headLearningRate,
        FrozenParameters frozen,
        Optional<LossScaler> lossScaler) {
    /** The defaults of HuggingFace's Trainer. */
    public static final OptimizerOptions HUGGINGFACE = new OptimizerOptions(
            AdamW.DEFAULT,
            5e-5,
            0,
            1,
            "linear",
            Map.of(),
            0,
            0,
            1,
            OptionalDouble.empty(),
            FrozenParameters.NONE,
            Optional.empty());

    /** The defaults of microsoft's trainer. */
    public static final OptimizerOptions MICROSOFT = HUGGINGFACE
            .with(XAdam.DEFAULT)
            .withWeightDecay(0.01)
            .withSchedule("warmup_linear", Map.of())
            .withWarmupRatio(0.1);

    /** @throws TrainingException if a number is outside its range */
    public OptimizerOptions {
        lrSchedulerKwargs = Map.copyOf(lrSchedulerKwargs);
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
            throw new TrainingException("learning_rate is " + learningRate + ": it must be above 0");
        }
        if (!(warmupRatio >= 0 && warmupRatio <= 1) || warmupSteps < 0) {
            throw new TrainingException("warmup_ratio is " + warmupRatio + " and warmup_steps is " + warmupSteps
                    + ": the one must be between 0 and 1, the other 0 or more");
        }
    }

    public OptimizerOptions with(Optimizer other) {
        return with(o -> o.optimizer = other);
    }

    public OptimizerOptions withLearningRate(double rate) {
        return with(o -> o.learningRate = rate);
    }

    public OptimizerOptions withWeightDecay(double decay) {
        return with(o -> o.weightDecay = decay);
    }

    public OptimizerOptions withMaxGradNorm(double norm) {
        return with(o -> o.maxGradNorm = norm);
    }

    public OptimizerOptions withSchedule(String type, Map<String, String> settings) {
        return with(o -> {
            o.lrSchedulerType = type;
            o.lrSchedulerKwargs = settings;
        });
    }

    /** Sets the warm-up to a share of all updates. */
    public OptimizerOptions withWarmupRatio(double ratio) {
        return withWarmup(ratio, 0);
    }

    /** Sets the warm-up to a number of updates. */
    public OptimizerOptions withWarmupSteps(long steps) {
        return withWarmup(0, steps);
    }

    private OptimizerOptions withWarmup(double ratio, long steps) {
        return with(o -> {
            o.warmupRatio = ratio;
            o.warmupSteps = steps;
        });
    }

    public OptimizerOptions withLayerwiseDecay(double factor) {
        return with(o -> o.layerwiseDecay = factor);
    }

    public OptimizerOptions withHeadLearningRate(double rate) {
        return with(o -> o.headLearningRate = OptionalDouble.of(rate));
    }

    /** Sets the beginnings of the names of parameters that are not trained. */
    public OptimizerOptions withFrozen(List<String> prefixes) {
        return with(o -> o.frozen = o.frozen.withPrefixes(prefixes));
    }

    /** Sets regular expressions that match the whole names of parameters that are not trained. */
    public OptimizerOptions withFrozenPatterns(List<String> patterns) {
        return with(o -> o.frozen = o.frozen.withPatterns(patterns));
    }

    /** Scales the loss; the scaler begins in the given state. */
    public OptimizerOptions withLossScaler(LossScaler scaler) {
        return with(o -> o.lossScaler = Optional.of(scaler));
    }

    /**
     * Returns the plan of how each parameter is updated.
     *
     * @param layers the number of layers of the encoder
     */
    public ParameterUpdates.Plan plan(Recipe recipe, int layers) {
        boolean original = recipe == Recipe.MICROSOFT;
        OptionalDouble headFactor = headLearningRate.isPresent()
                ? OptionalDouble.of(headLearningRate.getAsDouble() / learningRate)
                : headLearningRate;
        ParameterGroups groups = new ParameterGroups(
                original ? DecayRule.MICROSOFT : DecayRule.HUGGINGFACE,
                weightDecay,
                layers,
                layerwiseDecay,
                headFactor,
                frozen);
        Clipping.Rule rule = original ? Clipping.Rule.MICROSOFT : Clipping.Rule.TORCH;
        return new ParameterUpdates.Plan(optimizer, new Clipping(maxGradNorm, rule), groups, lossScaler.isPresent());
    }

    /** Returns whether the learning rate follows the metric of evaluations. */
    boolean followsMetric() {
        return lrSchedulerType.equals(ReduceOnPlateau.NAME);
    }

    /**
     * Returns the schedule over a number of updates.
     *
     * @param greaterIsBetter whether a greater metric is better, if the schedule is {@link ReduceOnPlateau} and its
     *     settings have no {@code mode}
     * @throws detangle.train.optimizer.OptimizerException if there is no such schedule, or a setting is wrong
     */
    public Schedule schedule(long updates, boolean greaterIsBetter) {
        Map<String, String> settings = new HashMap<>(lrSchedulerKwargs);
        if (followsMetric()) {
            settings.putIfAbsent("mode", greaterIsBetter ? "max" : "min");
        }
        return Schedules.named(
                lrSchedulerType, warmupSteps > 0 ? warmupSteps : warmupRatio, updates, learningRate, settings);
    }

    private OptimizerOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components as fields, so that one of them can be set by its name. */
    private static final class Draft {
        private Optimizer optimizer;
        private double learningRate;
        private double weightDecay;
        private double maxGradNorm;
        private String lrSchedulerType;
        private Map<String, String> lrSchedulerKwargs;
        private double warmupRatio;
        private long warmupSteps;
        private double layerwiseDecay;
        private OptionalDouble headLearningRate;
        private FrozenParameters frozen;
        private Optional<LossScaler> lossScaler;

        Draft(OptimizerOptions options) {
            optimizer = options.optimizer;
            learningRate = options.learningRate;
            weightDecay = options.weightDecay;
            maxGradNorm = options.maxGradNorm;
            lrSchedulerType = options.lrSchedulerType;
            lrSchedulerKwargs = options.lrSchedulerKwargs;
            warmupRatio = options.warmupRatio;
            warmupSteps = options.warmupSteps;
            layerwiseDecay = options.layerwiseDecay;
            headLearningRate = options.headLearningRate;
            frozen = options.frozen;
            lossScaler = options.lossScaler;
        }

        OptimizerOptions options() {
            return new OptimizerOptions(
                    optimizer,
                    learningRate,
                    weightDecay,
                    maxGradNorm,
                    lrSchedulerType,
                    lrSchedulerKwargs,
                    warmupRatio,
                    warmupSteps,
                    layerwiseDecay,
                    headLearningRate,
                    frozen,
                    lossScaler);
        }
    }
}
