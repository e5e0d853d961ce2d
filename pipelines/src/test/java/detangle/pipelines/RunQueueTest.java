package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What callers do one after another. */
class RunQueueTest {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch latch = new CountDownLatch(1);

    private int held() {
        begun.countDown();
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return 1;
    }

    private CompletableFuture<Integer> hold(RunQueue queue) throws InterruptedException {
        CompletableFuture<Integer> first =
                CompletableFuture.supplyAsync(() -> queue.run(this::held), Thread::startVirtualThread);
        assertTrue(begun.await(30, TimeUnit.SECONDS));
        return first;
    }

    @Test
    void oneRunsAtATime() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (RunQueue queue = new RunQueue(DynamicBatching.DEFAULT)) {
            List<CompletableFuture<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                int number = i;
                all.add(CompletableFuture.supplyAsync(
                        () -> queue.run(() -> {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            Thread.yield();
                            running.decrementAndGet();
                            return number;
                        }),
                        Thread::startVirtualThread));
            }
            for (int i = 0; i < all.size(); i++) {
                assertEquals(i, all.get(i).join());
            }
        }
        assertEquals(1, most.get());
    }

    /** Whoever has waited for too long is told so, and what it asked is not begun. */
    @Test
    void waitingEndsWithTheDeadline() throws Exception {
        AtomicInteger begunLate = new AtomicInteger();
        try (RunQueue queue = new RunQueue(DynamicBatching.DEFAULT)) {
            CompletableFuture<Integer> first = hold(queue);
            assertThrows(
                    DeadlineException.class,
                    () -> Deadline.within(Duration.ofMillis(20), () -> queue.run(begunLate::incrementAndGet)));
            latch.countDown();
            assertEquals(1, first.get());
            assertEquals(2, queue.run(() -> 2));
        }
        assertEquals(0, begunLate.get());
    }

    private static int untilThereIsRoom(RunQueue queue) {
        while (true) {
            try {
                return queue.run(() -> 2);
            } catch (OverloadedException e) {
                Thread.yield();
            }
        }
    }

    @Test
    void asManyWaitAsMay() throws Exception {
        try (RunQueue queue = new RunQueue(DynamicBatching.DEFAULT.withMaxWaiting(1))) {
            CompletableFuture<Integer> first = hold(queue);
            CompletableFuture<Integer> second =
                    CompletableFuture.supplyAsync(() -> untilThereIsRoom(queue), Thread::startVirtualThread);
            // Until the second waits, this one waits in its place.
            boolean full = false;
            while (!full) {
                try {
                    Deadline.within(Duration.ofMillis(20), () -> queue.run(() -> 3));
                } catch (DeadlineException e) {
                    Thread.yield();
                } catch (OverloadedException e) {
                    full = true;
                }
            }
            latch.countDown();
            assertEquals(1, first.get());
            assertEquals(2, second.get());
        }
    }

    @Test
    void whatARunThrowsIsThrown() {
        IllegalArgumentException fault = new IllegalArgumentException("its own");
        RunQueue queue = new RunQueue(DynamicBatching.DEFAULT);
        assertSame(
                fault,
                assertThrows(
                        IllegalArgumentException.class,
                        () -> queue.run(() -> {
                            throw fault;
                        })));
        queue.close();
        assertThrows(IllegalStateException.class, () -> queue.run(() -> 1));
    }
}
