package detangle.server;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Bounds how many texts wait or run at once. If there are too many already, a request is refused before its body is
 * read. A request is counted when its body has arrived, so slow clients do not occupy room. It counts by its texts,
 * before these are encoded.
 */
final class Admission {
    private final int limit;

    /** The number of texts that are kept for requests of one text. */
    private final int reserved;

    private final Semaphore texts;

    /** The number of texts that the request of this thread is counted as. */
    private final ThreadLocal<Integer> counted = ThreadLocal.withInitial(() -> 0);

    /**
     * @param limit texts of all requests together
     * @param largest texts of one request, which is answered when there is no other one
     */
    Admission(int limit, int largest) {
        this.limit = limit;
        this.reserved = Math.clamp(limit - largest, 0, limit / 4);
        this.texts = new Semaphore(limit);
    }

    /** Refuses a request for which there is no room. */
    void check() {
        if (texts.availablePermits() == 0) {
            throw full();
        }
    }

    /**
     * Answers a request, which counts as one text unless it {@link #count counts} more; refuses it if there is too much
     * already.
     */
    <T> T admit(Supplier<T> answer) {
        take(1, 0);
        counted.set(1);
        try {
            return answer.get();
        } finally {
            texts.release(counted.get());
            counted.remove();
        }
    }

    /**
     * Says how many texts the request of this thread has. Those of one text have the last part of the room to
     * themselves.
     */
    void count(int number) {
        int added = number - counted.get();
        if (added > 0) {
            take(added, reserved);
            counted.set(number);
        }
    }

    /** @param left the number of texts for which room must be left */
    private void take(int number, int left) {
        if (texts.availablePermits() < number + left || !texts.tryAcquire(number)) {
            throw full();
        }
    }

    private ApiException full() {
        return ApiException.overloaded(
                "as many texts wait as may, of at most " + limit + ": try again later, or with fewer texts");
    }
}
