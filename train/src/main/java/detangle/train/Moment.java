package detangle.train;

/** When something happens during training. */
public enum Moment {
    NEVER,
    /** After so many updates, again and again. */
    STEPS,
    /** At the end of each epoch, and at the end of training. */
    EPOCH,
    /** After each evaluation that is the best so far; for checkpoints alone. */
    BEST;

    /**
     * Whether it happens after an update.
     *
     * @param every how many updates lie between two times, or their share of all updates if it is less than 1
     * @param done how many updates have been done
     * @param updates how many there are in all
     * @param perEpoch how many an epoch has
     */
    boolean isAfter(long done, double every, long updates, int perEpoch) {
        return switch (this) {
            case NEVER, BEST -> false;
            case STEPS -> done % interval(every, updates) == 0;
            case EPOCH -> done % perEpoch == 0 || done == updates;
        };
    }

    /**
     * How many updates lie between two times of {@link #STEPS}.
     *
     * @param every that number, or its share of all updates if it is less than 1
     */
    static long interval(double every, long updates) {
        return Math.max(1, (long) (every < 1 ? Math.ceil(updates * every) : every));
    }
}
