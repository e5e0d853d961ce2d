package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
}
