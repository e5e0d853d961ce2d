package detangle.server;

import java.util.concurrent.locks.LockSupport;

/**
 * Bounds how many bytes of bodies are read in a second, all connections together, so that who sends large ones without
 * a pause leaves the processors to others. What a client cannot send meanwhile waits on its side.
 */
final class Pace {
    /** Bytes in a second, which take about a tenth of one processor's time. */
    private static final long BYTES_PER_SECOND = 32L << 20;

    /** Bytes that may come at once after some rest. */
    private static final long BURST_BYTES = 8L << 20;

    private static final double NANOS_PER_BYTE = 1e9 / BYTES_PER_SECOND;

    /** The time when all bytes that were read so far were due, as of {@link System#nanoTime}. */
    private long due = System.nanoTime();

    /** Waits until bytes that have been read are due. */
    void spend(int bytes) {
        long wait;
        synchronized (this) {
            long now = System.nanoTime();
            long earliest = now - (long) (BURST_BYTES * NANOS_PER_BYTE);
            due = (due - earliest < 0 ? earliest : due) + (long) (bytes * NANOS_PER_BYTE);
            wait = due - now;
        }
        if (wait > 0) {
            LockSupport.parkNanos(wait);
        }
    }
}
