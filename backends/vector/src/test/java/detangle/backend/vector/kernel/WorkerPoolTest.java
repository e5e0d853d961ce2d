package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {
    /** A limit that only a pool that hangs reaches. */
    private static final Duration TIME = Duration.ofSeconds(30);

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

    /** A worker that is never given a processor has begun nothing, so that nobody waits for it. */
    @Test
    void aWorkerWithoutAProcessorDelaysNobody() {
        CountDownLatch processor = new CountDownLatch(1);
        WorkerPool pool = new WorkerPool(
                2,
                work -> daemon(() -> {
                    await(processor);
                    work.run();
                }));
        AtomicInteger runs = new AtomicInteger();
        assertTimeoutPreemptively(TIME, () -> {
            for (int n = 0; n < 100; n++) {
                pool.run(10, i -> runs.incrementAndGet());
            }
            // All threads are free again, so that fewer may be allowed.
            pool.limit(1);
            pool.limit(2);
        });
        assertEquals(1000, runs.get());
        processor.countDown();
    }

    /** A worker that loses its processor in a task keeps that task, and the caller has all others. */
    @Test
    void theCallerTakesOverWhatAWorkerHasNotBegun() {
        WorkerPool pool = new WorkerPool(2);
        Thread caller = Thread.currentThread();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch others = new CountDownLatch(49);
        AtomicInteger ofWorker = new AtomicInteger();
        pool.run(50, i -> {
            if (Thread.currentThread() == caller) {
                await(begun);
                others.countDown();
            } else {
                begun.countDown();
                await(others);
                ofWorker.incrementAndGet();
            }
        });
        assertEquals(1, ofWorker.get());
        assertEquals(0, others.getCount());
    }

    /** Pauses between tasks and sections are shorter and longer than a thread spins, on few processors and many. */
    @Test
    void noWakeUpIsLost() {
        for (int threads : new int[] {2, 3, 8}) {
            WorkerPool pool = new WorkerPool(threads);
            AtomicInteger runs = new AtomicInteger();
            assertTimeoutPreemptively(TIME, () -> {
                Random random = new Random(threads);
                for (int n = 0; n < 500; n++) {
                    LockSupport.parkNanos(random.nextInt(4) == 0 ? random.nextInt(400_000) : 0);
                    int slow = random.nextInt(8);
                    pool.run(8, i -> {
                        LockSupport.parkNanos(i == slow ? 200_000 : 0);
                        runs.incrementAndGet();
                    });
                }
            });
            assertEquals(4000, runs.get());
        }
    }

    @Test
    void failuresOfWorkersReachTheirCallers() throws InterruptedException {
        AtomicInteger failures = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(3);
        for (int t = 0; t < 3; t++) {
            int caller = t;
            daemon(() -> {
                        for (int n = 0; n < 300; n++) {
                            String message = "task " + n % 20 + " of caller " + caller;
                            int failing = n % 20;
                            try {
                                POOL.run(20, i -> {
                                    if (i == failing) {
                                        throw new ArithmeticException(message);
                                    }
                                });
                            } catch (ArithmeticException e) {
                                failures.addAndGet(message.equals(e.getMessage()) ? 1 : 0);
                            }
                        }
                        done.countDown();
                    })
                    .start();
        }
        assertTrue(done.await(TIME.toSeconds(), TimeUnit.SECONDS), "a section did not end");
        assertEquals(900, failures.get());
    }

    /** An interrupt ends no section, and the caller finds it afterwards. */
    @Test
    void anInterruptedCallerWaits() {
        AtomicInteger runs = new AtomicInteger();
        Thread.currentThread().interrupt();
        for (int n = 0; n < 20; n++) {
            Thread caller = Thread.currentThread();
            POOL.run(3, i -> {
                long end = System.nanoTime() + (Thread.currentThread() == caller ? 0 : 1_000_000);
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                runs.incrementAndGet();
            });
        }
        assertTrue(Thread.interrupted());
        assertEquals(60, runs.get());
    }

    private static Thread daemon(Runnable work) {
        return Thread.ofPlatform().daemon().unstarted(work);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(TIME.toSeconds(), TimeUnit.SECONDS), "what was waited for did not come");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
