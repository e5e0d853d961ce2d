package detangle.train.optimizer;

/**
 * A schedule of the learning rate: for each update a factor of the rate that the user has chosen. {@link Schedules}
 * makes one from the name that HuggingFace or microsoft gives to it.
 */
public sealed interface Schedule permits HuggingFaceSchedule, MicrosoftSchedule, ReduceOnPlateau {
    /**
     * Returns the factor for an update.
     *
     * @param step the number of updates that have been done before it, so 0 for the first
     */
    double factor(long step);

    /** Returns the schedule after an evaluation with a metric: only {@link ReduceOnPlateau} changes then. */
    default Schedule after(double metric) {
        return this;
    }
}
