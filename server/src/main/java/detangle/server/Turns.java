package detangle.server;

import detangle.pipelines.Deadline;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Runs work that occupies a processor for a while, one request after the other in the order in which they come. After
 * each piece of work it rests for as long as the work took, so it takes at most half of one processor.
 */
final class Turns {
    private final Semaphore turn = new Semaphore(1, true);
    private final Duration deadline;

    /** The time at which the rest after the last piece of work ends, as of {@link System#nanoTime}. */
    private long rested = System.nanoTime();

    /** @param deadline the longest time that a request may take */
    Turns(Duration deadline) {
        this.deadline = deadline;
    }

    <T> T one(Supplier<T> work) {
        try {
            if (!turn.tryAcquire(Deadline.left(deadline).toNanos(), TimeUnit.NANOSECONDS)) {
                throw ApiException.deadline("the request was not done within " + deadline.toMillis() + " ms");
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
