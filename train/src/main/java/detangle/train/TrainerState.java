package detangle.train;

import detangle.train.optimizer.LossScaler;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far training has come, beside the values of variables.
 *
 * @param step how many updates have been done
 * @param skipped how many of them have changed nothing, as their gradients were not finite
 * @param lossSum the sum of their losses
 * @param bestMetric of the best evaluation
 * @param bestStep after how many updates it took place
 * @param badEvaluations how many in a row were not better, for early stopping
 * @param scaler what the loss is multiplied by, if it is
 */
record TrainerState(
        long step,
        long skipped,
        double lossSum,
        OptionalDouble bestMetric,
        Optional<Long> bestStep,
        int badEvaluations,
        Optional<LossScaler> scaler) {
    static TrainerState begin(Optional<LossScaler> scaler) {
        return new TrainerState(0, 0, 0, OptionalDouble.empty(), Optional.empty(), 0, scaler);
    }

    /** What the loss is multiplied by. */
    double lossScale() {
        return scaler.map(LossScaler::scale).orElse(1.0);
    }

    /** After an attempt at an update, whose gradients were finite or not. */
    TrainerState afterAttempt(boolean finite) {
        return new TrainerState(
                step, skipped, lossSum, bestMetric, bestStep, badEvaluations, scaler.map(s -> s.after(finite)));
    }

    /** After an update; one that is skipped has changed nothing. */
    TrainerState afterUpdate(double loss, boolean skips) {
        return new TrainerState(
                step + 1, skipped + (skips ? 1 : 0), lossSum + loss, bestMetric, bestStep, badEvaluations, scaler);
    }

    /**
     * After an evaluation; early stopping counts it as HuggingFace's EarlyStoppingCallback does. A metric that is not a
     * number is never the best, not even as the first, as every later one would be compared with it in vain.
     */
    TrainerState afterEvaluation(double metric, EvaluationOptions options) {
        boolean isFirst = bestMetric.isEmpty();
        boolean isBetter = !Double.isNaN(metric) && (isFirst || options.isBetter(metric, bestMetric.getAsDouble()));
        boolean counts =
                isBetter && (isFirst || Math.abs(metric - bestMetric.getAsDouble()) > options.earlyStoppingThreshold());
        return new TrainerState(
                step,
                skipped,
                lossSum,
                isBetter ? OptionalDouble.of(metric) : bestMetric,
                isBetter ? Optional.of(step) : bestStep,
                counts ? 0 : badEvaluations + 1,
                scaler);
    }
}
