package detangle.bench;

/** How long what is timed runs before any run counts, so that the just-in-time compiler has finished. */
final class WarmUp {
    /** Milliseconds in place of the usual time, for tests of what is printed, where no time means anything. */
    private static final String PROPERTY = "detangle.bench.warmup.millis";

    private WarmUp() {}

    /**
     * Returns the nanoseconds of a warm-up.
     *
     * @param millis the usual time
     */
    static long nanos(long millis) {
        return Long.getLong(PROPERTY, millis) * 1_000_000;
    }
}
