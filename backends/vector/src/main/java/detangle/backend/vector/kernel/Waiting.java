package detangle.backend.vector.kernel;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits for other threads: it spins for as long as spinning has lately brought what was waited for, and then
 * parks, so that its processor serves whoever is waited for.
 */
final class Waiting {
    /** The longest spin in nanoseconds, about what it takes to wake a thread whose processor sleeps. */
    private static final long LONGEST_SPIN = 100_000;

    private static final int SPINS_PER_PAUSE = 64;

    /**
     * The number of waits of which one may spin for the longest time, so that a thread that parks at once finds out
     * when spinning pays.
     */
    private static final int LONG_SPIN_EVERY = 16;

    /** The thread that is parked or about to; null while none is. */
    private volatile Thread parked;

    /** The longest spin before the thread parks, in nanoseconds. */
    private long limit = LONGEST_SPIN;

    private int waits;

    /** Returns when the condition holds. Whoever makes it true calls {@link #wake} afterwards. */
    void until(BooleanSupplier condition) {
        if (condition.getAsBoolean()) {
            return;
        }
        long longest = ++waits % LONG_SPIN_EVERY == 0 ? LONGEST_SPIN : limit;
        long begin = System.nanoTime();
        long spun = 0;
        int spins = 0;
        while (spun < longest) {
            if (condition.getAsBoolean()) {
                // Several times as long as this one took, and slowly less.
                limit = Math.min(LONGEST_SPIN, Math.max(4 * spun, limit - limit / 64));
                return;
            }
            if (++spins % SPINS_PER_PAUSE == 0) {
                // Seldom: a hypervisor that sees many in a row takes the processor away for some ten microseconds.
                Thread.onSpinWait();
                spun = System.nanoTime() - begin;
            }
        }
        limit -= limit / 4;
        park(condition);
    }

    private void park(BooleanSupplier condition) {
        boolean isInterrupted = false;
        // Said before the condition is looked at, so that whoever makes it true meanwhile wakes this thread.
        parked = Thread.currentThread();
        while (!condition.getAsBoolean()) {
            LockSupport.park(this);
            // An interrupted thread would not park again; it finds its interrupt when it has waited.
            isInterrupted |= Thread.interrupted();
        }
        parked = null;
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Wakes the thread if it has parked, after its condition was made true. */
    void wake() {
        Thread thread = parked;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }
}
