package detangle.train;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far training has come, beside the values of variables.
 *
 * @param step how many updates have been done
 * @param lossSum the sum of their losses
 * @param bestMetric of the best evaluation
 * @param bestStep after how many updates it took place
 * @param badEvaluations how many in a row were not better, for early stopping
 */
record TrainerState(long step, double lossSum, OptionalDouble bestMetric, Optional<Long> bestStep, int badEvaluations) {
    static final TrainerState BEGIN = new TrainerState(0, 0, OptionalDouble.empty(), Optional.empty(), 0);

    TrainerState afterUpdate(double loss) {
        return new TrainerState(step + 1, lossSum + loss, bestMetric, bestStep, badEvaluations);
    }

    /** After an evaluation; early stopping counts it as HuggingFace's EarlyStoppingCallback does. */
    TrainerState afterEvaluation(double metric, EvaluationOptions options) {
        boolean isFirst = bestMetric.isEmpty();
        boolean isBetter = isFirst || options.isBetter(metric, bestMetric.getAsDouble());
        boolean counts =
                isFirst || isBetter && Math.abs(metric - bestMetric.getAsDouble()) > options.earlyStoppingThreshold();
        return new TrainerState(
                step,
                lossSum,
                isBetter ? OptionalDouble.of(metric) : bestMetric,
                isBetter ? Optional.of(step) : bestStep,
                counts ? 0 : badEvaluations + 1);
    }
}
