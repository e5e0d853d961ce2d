package detangle.server;

import java.util.concurrent.locks.LockSupport;

/**
 * Bounds the bytes of bodies that are read in a second by all connections together, so that a client that sends large
 * bodies without a pause leaves processors to others. The rest waits at the client.
 */
final class Pace {
    /** The bytes a second. They take about a tenth of one processor's time. */
    private static final long BYTES_PER_SECOND = 32L << 20;

    /** The bytes that may come at once after a pause. */
    private static final long BURST_BYTES = 8L << 20;

    private static final double NANOS_PER_BYTE = 1e9 / BYTES_PER_SECOND;

    /** The time at which all bytes that were read so far are due, as of {@link System#nanoTime}. */
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
