package detangle.pipelines;

import java.util.concurrent.TimeUnit;

/** The time that short and long calls have lately computed. Its weight halves with each second. */
final class RecentTime {
    private static final double HALF_LIFE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private double shortCalls;
    private double longCalls;
    private long updated;

    /** @param now as of {@link System#nanoTime} */
    RecentTime(long now) {
        this.updated = now;
    }

    /**
     * Counts a batch that has run.
     *
     * @param now as of {@link System#nanoTime}
     */
    void add(CallSize size, long nanos, long now) {
        double left = Math.pow(0.5, (now - updated) / HALF_LIFE_NANOS);
        updated = now;
        shortCalls *= left;
        longCalls *= left;
        switch (size) {
            case SHORT -> shortCalls += nanos;
            case LONG -> longCalls += nanos;
        }
    }

    /** Returns whether calls of a size had less than this part of the computing time. */
    boolean isLessThan(double part, CallSize size) {
        double own = switch (size) {
            case SHORT -> shortCalls;
            case LONG -> longCalls;
        };
        return own < part * (shortCalls + longCalls);
    }
}
