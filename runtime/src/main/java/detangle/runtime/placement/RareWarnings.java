package detangle.runtime.placement;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Lets a warning pass at most once a minute, and counts the others. A client causes as many of them as it likes. */
final class RareWarnings {
    private static final long INTERVAL = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanos;
    private OptionalLong last = OptionalLong.empty();
    private long count;

    /** @param nanos a clock, such as {@link System#nanoTime} */
    RareWarnings(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Returns how many warnings came since the last that passed, this one included, or nothing if it stays back. */
    synchronized OptionalLong next() {
        count++;
        long now = nanos.getAsLong();
        if (last.isPresent() && now - last.getAsLong() < INTERVAL) {
            return OptionalLong.empty();
        }
        OptionalLong passed = OptionalLong.of(count);
        last = OptionalLong.of(now);
        count = 0;
        return passed;
    }
}
