package detangle.train.optimizer;

/**
 * How the learning rate changes from update to update: a factor of the rate that the user has chosen. {@link Schedules}
 * makes one from the name that HuggingFace or microsoft gives to it.
 */
public sealed interface Schedule permits HuggingFaceSchedule, MicrosoftSchedule {
    /**
     * The factor for an update.
     *
     * @param step how many updates have been done before it, so 0 for the first
     */
    double factor(long step);
}
