package detangle.train;

import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.Schedule;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The progress of training, beside the values of variables.
 *
 * @param step the number of updates that have been done
 * @param skipped the number of those updates that changed nothing, as their gradients were not finite
 * @param lossSum the sum of their losses
 * @param bestMetric the metric of the best evaluation
 * @param bestStep the number of updates before the best evaluation
 * @param badEvaluations the number of evaluations in a row without improvement, for early stopping
 * @param scaler the scaler of the loss; empty if the loss is not scaled
 * @param schedule the schedule of the learning rate
 */
record TrainerState(
        long step,
        long skipped,
        double lossSum,
        OptionalDouble bestMetric,
        Optional<Long> bestStep,
        int badEvaluations,
        Optional<LossScaler> scaler,
        Schedule schedule) {
    static TrainerState begin(Optional<LossScaler> scaler, Schedule schedule) {
        return new TrainerState(0, 0, 0, OptionalDouble.empty(), Optional.empty(), 0, scaler, schedule);
    }

    /** Returns the factor of the loss. */
    double lossScale() {
        return scaler.map(LossScaler::scale).orElse(1.0);
    }

    /** Returns the same state with another sum of losses. */
    TrainerState withLossSum(double sum) {
        return new TrainerState(step, skipped, sum, bestMetric, bestStep, badEvaluations, scaler, schedule);
    }

    /** Returns the state after an attempt at an update, whose gradients were finite or not. */
    TrainerState afterAttempt(boolean finite) {
        return new TrainerState(
                step,
                skipped,
                lossSum,
                bestMetric,
                bestStep,
                badEvaluations,
                scaler.map(s -> s.after(finite)),
                schedule);
    }

    /** Returns the state after an update; an update that is skipped has changed no parameter. */
    TrainerState afterUpdate(double loss, boolean skips) {
        return new TrainerState(
                step + 1,
                skipped + (skips ? 1 : 0),
                lossSum + loss,
                bestMetric,
                bestStep,
                badEvaluations,
                scaler,
                schedule);
    }

    /**
     * Returns the state after an evaluation. Early stopping counts it as HuggingFace's EarlyStoppingCallback does. A
     * metric that is not a number is never the best, not even the first, as no later metric would be better than it.
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
                scaler,
                schedule.after(metric));
    }
}
