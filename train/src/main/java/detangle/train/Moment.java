package detangle.train;

/** The moments of training at which something happens again and again. */
public enum Moment {
    NEVER,
    /** It happens each time that a number of updates has been done. */
    STEPS,
    /** It happens at the end of each epoch and at the end of training. */
    EPOCH,
    /** It happens at both of these moments, as in microsoft's trainer. */
    STEPS_AND_EPOCH,
    /** It happens after each evaluation that is the best so far. Only checkpoints can be written then. */
    BEST;

    /**
     * Returns whether it happens after an update.
     *
     * @param every the number of updates between two times, or their share of all updates if it is less than 1
     * @param done the number of updates that have been done
     * @param updates the number of all updates
     * @param perEpoch the number of updates in an epoch
     */
    boolean isAfter(long done, double every, long updates, int perEpoch) {
        return switch (this) {
            case NEVER, BEST -> false;
            case STEPS -> done % interval(every, updates) == 0;
            case EPOCH -> done % perEpoch == 0 || done == updates;
            case STEPS_AND_EPOCH ->
                STEPS.isAfter(done, every, updates, perEpoch) || EPOCH.isAfter(done, every, updates, perEpoch);
        };
    }

    /**
     * Returns the number of updates between two times of {@link #STEPS} and of {@link #STEPS_AND_EPOCH}.
     *
     * @param every that number, or its share of all updates if it is less than 1
     */
    static long interval(double every, long updates) {
        return Math.max(1, (long) (every < 1 ? Math.ceil(updates * every) : every));
    }
}
