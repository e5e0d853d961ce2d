package detangle.train;

import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.Clipping;
import detangle.train.optimizer.DecayRule;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.Optimizer;
import detangle.train.optimizer.ParameterGroups;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.optimizer.Schedule;
import detangle.train.optimizer.Schedules;
import detangle.train.optimizer.XAdam;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How parameters are updated; where HuggingFace's Trainer has an option, its name is given.
 *
 * @param optimizer with its betas and epsilon ({@code optim}, {@code adam_beta1}, {@code adam_beta2},
 *     {@code adam_epsilon})
 * @param learningRate the rate that the schedule's factors are of
 * @param weightDecay of all parameters but biases and the scales of layer norms
 * @param maxGradNorm gradients are made smaller so that their common norm is at most this; 0 leaves them
 * @param lrSchedulerType a name of {@link Schedules#names}
 * @param lrSchedulerKwargs settings of the schedule, such as {@code num_cycles}
 * @param warmupRatio the share of all updates that the warm-up takes, if {@code warmupSteps} is 0
 * @param warmupSteps the number of updates of the warm-up
 * @param layerwiseDecay what the rate of a layer is multiplied by for the layer below it; 1 for one rate
 * @param headLearningRate the rate of all that is not the encoder, if it has its own
 * @param frozen parameters whose name begins with one of these are not trained
 * @param lossScaler what the loss is multiplied by, if it is: gradients in single precision need none
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
        List<String> frozen,
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
            List.of(),
            Optional.empty());

    /** The defaults of microsoft's trainer. */
    public static final OptimizerOptions MICROSOFT = new OptimizerOptions(
            XAdam.DEFAULT,
            5e-5,
            0.01,
            1,
            "warmup_linear",
            Map.of(),
            0.1,
            0,
            1,
            OptionalDouble.empty(),
            List.of(),
            Optional.empty());

    /** @throws TrainingException if a number is outside its range */
    public OptimizerOptions {
        lrSchedulerKwargs = Map.copyOf(lrSchedulerKwargs);
        frozen = List.copyOf(frozen);
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
            throw new TrainingException("learning_rate is " + learningRate + ": it must be above 0");
        }
        if (!(warmupRatio >= 0 && warmupRatio <= 1) || warmupSteps < 0) {
            throw new TrainingException("warmup_ratio is " + warmupRatio + " and warmup_steps is " + warmupSteps
                    + ": the one must be between 0 and 1, the other 0 or more");
        }
    }

    public OptimizerOptions with(Optimizer other) {
        return new OptimizerOptions(
                other,
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

    public OptimizerOptions withLearningRate(double rate) {
        return new OptimizerOptions(
                optimizer,
                rate,
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

    public OptimizerOptions withWeightDecay(double decay) {
        return new OptimizerOptions(
                optimizer,
                learningRate,
                decay,
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

    public OptimizerOptions withMaxGradNorm(double norm) {
        return new OptimizerOptions(
                optimizer,
                learningRate,
                weightDecay,
                norm,
                lrSchedulerType,
                lrSchedulerKwargs,
                warmupRatio,
                warmupSteps,
                layerwiseDecay,
                headLearningRate,
                frozen,
                lossScaler);
    }

    public OptimizerOptions withSchedule(String type, Map<String, String> settings) {
        return new OptimizerOptions(
                optimizer,
                learningRate,
                weightDecay,
                maxGradNorm,
                type,
                settings,
                warmupRatio,
                warmupSteps,
                layerwiseDecay,
                headLearningRate,
                frozen,
                lossScaler);
    }

    /** A warm-up of a share of all updates. */
    public OptimizerOptions withWarmupRatio(double ratio) {
        return withWarmup(ratio, 0);
    }

    /** A warm-up of so many updates. */
    public OptimizerOptions withWarmupSteps(long steps) {
        return withWarmup(0, steps);
    }

    private OptimizerOptions withWarmup(double ratio, long steps) {
        return new OptimizerOptions(
                optimizer,
                learningRate,
                weightDecay,
                maxGradNorm,
                lrSchedulerType,
                lrSchedulerKwargs,
                ratio,
                steps,
                layerwiseDecay,
                headLearningRate,
                frozen,
                lossScaler);
    }

    public OptimizerOptions withLayerwiseDecay(double factor) {
        return new OptimizerOptions(
                optimizer,
                learningRate,
                weightDecay,
                maxGradNorm,
                lrSchedulerType,
                lrSchedulerKwargs,
                warmupRatio,
                warmupSteps,
                factor,
                headLearningRate,
                frozen,
                lossScaler);
    }

    public OptimizerOptions withHeadLearningRate(double rate) {
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
                OptionalDouble.of(rate),
                frozen,
                lossScaler);
    }

    public OptimizerOptions withFrozen(List<String> prefixes) {
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
                prefixes,
                lossScaler);
    }

    /** Scales the loss, from this state of a scaler on. */
    public OptimizerOptions withLossScaler(LossScaler scaler) {
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
                Optional.of(scaler));
    }

    /**
     * How each parameter is updated.
     *
     * @param layers how many the encoder has
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

    /**
     * The schedule over a number of updates.
     *
     * @throws detangle.train.optimizer.OptimizerException if there is no such schedule, or a setting is wrong
     */
    public Schedule schedule(long updates) {
        return Schedules.named(
                lrSchedulerType, warmupSteps > 0 ? warmupSteps : warmupRatio, updates, learningRate, lrSchedulerKwargs);
    }
}
