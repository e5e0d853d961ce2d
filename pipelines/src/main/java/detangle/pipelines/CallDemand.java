package detangle.pipelines;

/**
 * What somebody asks of pipelines, which is to be done by a time, and what it has asked of the device so far: encodings,
 * and then what comes behind them. Used by one thread at a time.
 */
final class CallDemand {
    private final long end;
    private boolean hasAsked;
    private long begin;
    private double nanos;
    private CallSize size = CallSize.SHORT;

    /** @param end when nobody waits for it any more, as of {@link System#nanoTime} */
    CallDemand(long end) {
        this.end = end;
    }

    long end() {
        return end;
    }

    /** Whether it asks for little, by the largest part of it so far. */
    CallSize size() {
        return size;
    }

    /** Says that a part of it is of a size. */
    void has(CallSize part) {
        size = part == CallSize.LONG ? part : size;
    }

    /**
     * Asks for more of the device's time.
     *
     * @return the time for which it has asked altogether, in nanoseconds
     */
    double ask(long now, double more) {
        if (!hasAsked) {
            hasAsked = true;
            begin = now;
        }
        nanos += more;
        return nanos;
    }

    /** Returns when it asked first. */
    long begin() {
        return begin;
    }
}
