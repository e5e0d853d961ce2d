package detangle.pipelines;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * The time by which a thread's calls of pipelines with {@link DynamicBatching} must be done: encoding texts, waiting
 * and running count together. A thread without a deadline has {@link DynamicBatching#deadline} for each call.
 */
public final class Deadline {
    /** The end of the time, as of {@link System#nanoTime}. */
    private static final ScopedValue<Long> END = ScopedValue.newInstance();

    private Deadline() {}

    /**
     * Runs code whose calls of pipelines end with a {@link DeadlineException} after this time has passed.
     *
     * @param time from now
     */
    public static <T> T within(Duration time, Supplier<T> what) {
        return ScopedValue.where(END, System.nanoTime() + time.toNanos()).call(what::get);
    }

    /**
     * Returns the time that the calling thread has left; zero or a negative time if the deadline has passed.
     *
     * @param otherwise the result for a thread without a deadline
     */
    public static Duration left(Duration otherwise) {
        return END.isBound() ? Duration.ofNanos(END.get() - System.nanoTime()) : otherwise;
    }

    /**
     * Throws a {@link DeadlineException} if the calling thread has a deadline that has passed. Long computations call
     * it.
     */
    static void check() {
        if (END.isBound() && END.get() - System.nanoTime() <= 0) {
            throw new DeadlineException("the request was not done in time");
        }
    }

    /** Returns the deadline of the calling thread, as of {@link System#nanoTime}. */
    static long end(DynamicBatching options) {
        return END.isBound()
                ? END.get()
                : System.nanoTime() + options.deadline().toNanos();
    }

    /** Returns the exception for a deadline that has passed. */
    static DeadlineException exceeded(DynamicBatching options) {
        return new DeadlineException(
                "the request was not done within " + options.deadline().toMillis() + " ms");
    }
}
