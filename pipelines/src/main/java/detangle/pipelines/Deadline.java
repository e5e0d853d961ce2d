package detangle.pipelines;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * The time by which what a thread asks of pipelines with {@link DynamicBatching} is to be done: encoding texts,
 * waiting and running count together. Without one, {@link DynamicBatching#deadline} begins anew with each call.
 */
public final class Deadline {
    /** The end of the time, as of {@link System#nanoTime}. */
    private static final ScopedValue<Long> END = ScopedValue.newInstance();

    private Deadline() {}

    /**
     * Does something whose calls of pipelines end by a {@link DeadlineException} once this time has passed.
     *
     * @param time from now
     */
    public static <T> T within(Duration time, Supplier<T> what) {
        return ScopedValue.where(END, System.nanoTime() + time.toNanos()).call(what::get);
    }

    /**
     * Returns how much time the calling thread has left; nothing or less once it has passed.
     *
     * @param otherwise the time of a thread without a deadline
     */
    public static Duration left(Duration otherwise) {
        return END.isBound() ? Duration.ofNanos(END.get() - System.nanoTime()) : otherwise;
    }

    /** Ends what takes long by a {@link DeadlineException}, if the calling thread has a deadline and it has passed. */
    static void check() {
        if (END.isBound() && END.get() - System.nanoTime() <= 0) {
            throw new DeadlineException("not done in time");
        }
    }

    /** Returns when the calling thread's work is to be done, as of {@link System#nanoTime}. */
    static long end(DynamicBatching options) {
        return END.isBound()
                ? END.get()
                : System.nanoTime() + options.deadline().toNanos();
    }

    /** Returns what is said once it has passed. */
    static DeadlineException exceeded(DynamicBatching options) {
        return new DeadlineException("not done within " + options.deadline().toMillis() + " ms");
    }
}
