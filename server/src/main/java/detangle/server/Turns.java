package detangle.server;

import detangle.pipelines.Deadline;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Lets requests do one after the other what takes a processor for a while, in the order in which they come, and rests
 * for as long as it works: so this takes half of one processor at most.
 */
final class Turns {
    private final Semaphore turn = new Semaphore(1, true);
    private final Duration deadline;

    /** The time when the rest ends of the queue that has the turn. */
    private long rested = System.nanoTime();

    /** @param deadline how long a request may take */
    Turns(Duration deadline) {
        this.deadline = deadline;
    }

    <T> T one(Supplier<T> work) {
        try {
            if (!turn.tryAcquire(Deadline.left(deadline).toNanos(), TimeUnit.NANOSECONDS)) {
                throw ApiException.deadline("not done within " + deadline.toMillis() + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.stopping();
        }
        try {
            LockSupport.parkNanos(rested - System.nanoTime());
            long begin = System.nanoTime();
            try {
                return work.get();
            } finally {
                long end = System.nanoTime();
                rested = end + (end - begin);
            }
        } finally {
            turn.release();
        }
    }
}
