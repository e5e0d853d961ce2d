package detangle.server;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Lets requests do one after the other what takes a processor for a while, in the order in which they come. */
final class Turns {
    private final Semaphore turn = new Semaphore(1, true);
    private final Duration deadline;

    /** @param deadline how long a request may wait */
    Turns(Duration deadline) {
        this.deadline = deadline;
    }

    <T> T one(Supplier<T> work) {
        try {
            if (!turn.tryAcquire(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
                throw ApiException.deadline("not done within " + deadline.toMillis() + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.stopping();
        }
        try {
            return work.get();
        } finally {
            turn.release();
        }
    }
}
