package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {
    private static final WorkerPool POOL = new WorkerPool(3);

    @Test
    void everyTaskRunsOnce() {
        for (int count = 0; count < 100; count++) {
            AtomicIntegerArray runs = new AtomicIntegerArray(count);
            POOL.run(count, runs::incrementAndGet);
            for (int i = 0; i < count; i++) {
                assertEquals(1, runs.get(i));
            }
        }
    }

    @Test
    void aSectionInsideASectionRuns() {
        AtomicInteger runs = new AtomicInteger();
        POOL.run(5, i -> POOL.run(7, j -> runs.incrementAndGet()));
        assertEquals(35, runs.get());
    }

    @Test
    void callersAtOnceAllFinish() throws InterruptedException {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(4);
        for (int t = 0; t < 4; t++) {
            Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 200; n++) {
                    POOL.run(10, i -> runs.incrementAndGet());
                }
                done.countDown();
            });
        }
        done.await();
        assertEquals(8000, runs.get());
    }

    @Test
    void aFailureReachesTheCallerAndThePoolGoesOn() {
        assertThrows(
                ArithmeticException.class,
                () -> POOL.run(50, i -> {
                    if (i == 20) {
                        throw new ArithmeticException("task 20");
                    }
                }));
        AtomicInteger runs = new AtomicInteger();
        POOL.run(50, i -> runs.incrementAndGet());
        assertEquals(50, runs.get());
    }

    /** Callers that enter count as threads: together with workers no more compute than the pool has. */
    @Test
    void callersShareTheThreads() throws InterruptedException {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(8);
        for (int t = 0; t < 8; t++) {
            Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 100; n++) {
                    POOL.enter();
                    POOL.run(6, i -> {
                        most.accumulateAndGet(now.incrementAndGet(), Math::max);
                        for (int spin = 0; spin < 1000; spin++) {
                            Thread.onSpinWait();
                        }
                        now.decrementAndGet();
                        runs.incrementAndGet();
                    });
                    POOL.leave();
                }
                done.countDown();
            });
        }
        done.await();
        assertEquals(4800, runs.get());
        assertTrue(most.get() <= POOL.threads(), most + " computed at once");
    }

    @Test
    void aLimitIsTakenBack() {
        POOL.limit(1);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        POOL.run(50, i -> seen.add(Thread.currentThread()));
        POOL.limit(3);
        assertEquals(Set.of(Thread.currentThread()), seen);
        POOL.enter();
        POOL.leave();
    }
}
