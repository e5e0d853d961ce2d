package detangle.train.metrics;

/**
 * Counts of predictions that were right, wrong, or missing.
 *
 * @param hits the number of things that were predicted and present
 * @param falseAlarms the number of things that were predicted and not present
 * @param misses the number of things that were present and not predicted
 */
public record Counts(long hits, long falseAlarms, long misses) {
    /** Counts of nothing. */
    public static final Counts NONE = new Counts(0, 0, 0);

    /** Returns the sums of these counts and others. */
    public Counts plus(Counts other) {
        return new Counts(hits + other.hits, falseAlarms + other.falseAlarms, misses + other.misses);
    }

    /** Returns the share of hits among all predictions; 0 if nothing was predicted. */
    public double precision() {
        return ratio(hits, hits + falseAlarms);
    }

    /** Returns the share of hits among all things that were present; 0 if nothing was present. */
    public double recall() {
        return ratio(hits, hits + misses);
    }

    /** Returns the harmonic mean of precision and recall; 0 without hits. */
    public double f1() {
        return ratio(2 * hits, 2 * hits + falseAlarms + misses);
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
