package detangle.train.metrics;

/**
 * How often something was predicted and was there.
 *
 * @param hits predicted and there
 * @param falseAlarms predicted and not there
 * @param misses there and not predicted
 */
public record Counts(long hits, long falseAlarms, long misses) {
    /** Nothing counted yet. */
    public static final Counts NONE = new Counts(0, 0, 0);

    /** Both together. */
    public Counts plus(Counts other) {
        return new Counts(hits + other.hits, falseAlarms + other.falseAlarms, misses + other.misses);
    }

    /** The share of what was predicted that was there; 0 where nothing was predicted. */
    public double precision() {
        return ratio(hits, hits + falseAlarms);
    }

    /** The share of what was there that was predicted; 0 where nothing was there. */
    public double recall() {
        return ratio(hits, hits + misses);
    }

    /** The harmonic mean of precision and recall; 0 where nothing was hit. */
    public double f1() {
        return ratio(2 * hits, 2 * hits + falseAlarms + misses);
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
