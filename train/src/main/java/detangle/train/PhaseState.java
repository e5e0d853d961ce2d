package detangle.train;

import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.Schedule;
import java.util.Optional;

/**
 * The progress of one phase of a training, beside the values of variables.
 *
 * @param skipped the number of updates that changed nothing, as their gradients were not finite
 * @param scaler the scaler of the loss; empty if the loss is not scaled
 * @param schedule the schedule of the learning rate
 */
record PhaseState(long skipped, Optional<LossScaler> scaler, Schedule schedule) {
    /** Returns the factor of the loss. */
    double lossScale() {
        return scaler.map(LossScaler::scale).orElse(1.0);
    }

    /** Returns the state after an attempt at an update, whose gradients were finite or not. */
    PhaseState afterAttempt(boolean finite) {
        return new PhaseState(skipped, scaler.map(s -> s.after(finite)), schedule);
    }

    /** Returns the state after an update that has changed no parameter. */
    PhaseState afterSkipping() {
        return new PhaseState(skipped + 1, scaler, schedule);
    }

    /** Returns the state after an evaluation. */
    PhaseState afterEvaluation(double metric) {
        return new PhaseState(skipped, scaler, schedule.after(metric));
    }
}
