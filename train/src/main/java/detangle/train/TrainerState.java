package detangle.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The progress of training, beside the values of variables.
 *
 * @param step the number of updates that have been done
 * @param lossSum the sum of their losses
 * @param bestMetric the metric of the best evaluation
 * @param bestStep the number of updates before the best evaluation
 * @param badEvaluations the number of evaluations in a row without improvement, for early stopping
 * @param phases the progress of each phase
 */
record TrainerState(
        long step,
        double lossSum,
        OptionalDouble bestMetric,
        Optional<Long> bestStep,
        int badEvaluations,
        List<PhaseState> phases) {
    TrainerState {
        phases = List.copyOf(phases);
    }

    static TrainerState begin(List<PhaseState> phases) {
        return new TrainerState(0, 0, OptionalDouble.empty(), Optional.empty(), 0, phases);
    }

    /** Returns the same state with another sum of losses. */
    TrainerState withLossSum(double sum) {
        return new TrainerState(step, sum, bestMetric, bestStep, badEvaluations, phases);
    }

    /** Returns the state in which one phase has another. */
    TrainerState with(int phase, PhaseState other) {
        List<PhaseState> all = new ArrayList<>(phases);
        all.set(phase, other);
        return new TrainerState(step, lossSum, bestMetric, bestStep, badEvaluations, all);
    }

    /** Returns the state after an update with the sum of its phases' losses. */
    TrainerState afterUpdate(double loss) {
        return new TrainerState(step + 1, lossSum + loss, bestMetric, bestStep, badEvaluations, phases);
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
                lossSum,
                isBetter ? OptionalDouble.of(metric) : bestMetric,
                isBetter ? Optional.of(step) : bestStep,
                counts ? 0 : badEvaluations + 1,
                phases.stream().map(phase -> phase.afterEvaluation(metric)).toList());
    }
}
