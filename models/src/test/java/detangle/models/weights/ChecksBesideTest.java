package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Checks run once, on a thread that lets the process end, and whoever waits for them learns what they have found. */
@Timeout(60)
class ChecksBesideTest {
    @Test
    void waitingBeginsChecksThatNobodyHasBegun() {
        AtomicInteger runs = new AtomicInteger();
        ChecksBeside checks = new ChecksBeside(_ -> runs.incrementAndGet());
        checks.await();
        checks.await();
        assertEquals(1, runs.get());
    }

    /** A thread inherits from the thread that makes it whether it keeps the process alive. */
    @Test
    void theirThreadDoesNotKeepTheProcessAlive() throws InterruptedException {
        AtomicBoolean isDaemon = new AtomicBoolean();
        ChecksBeside checks =
                new ChecksBeside(_ -> isDaemon.set(Thread.currentThread().isDaemon()));
        Thread.ofPlatform().daemon(false).start(checks::begin).join();
        checks.await();
        assertTrue(isDaemon.get());
    }

    @Test
    void stoppingWaitsUntilTheyEnd() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        ChecksBeside checks = new ChecksBeside(isStopped -> {
            begun.countDown();
            while (!isStopped.getAsBoolean()) {
                Thread.onSpinWait();
            }
            pause();
            ended.set(true);
        });
        checks.begin();
        begun.await();
        assertFalse(ended.get());
        checks.stop();
        assertTrue(ended.get());
    }

    private static void pause() {
        try {
            Thread.sleep(Duration.ofMillis(50));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void stoppingDoesNotWaitForWhatHasNotBegun() {
        AtomicInteger runs = new AtomicInteger();
        ChecksBeside checks = new ChecksBeside(_ -> runs.incrementAndGet());
        checks.stop();
        assertEquals(0, runs.get());
    }

    /** What was found is of no interest to who stops the checks. */
    @Test
    void stoppingThrowsNothing() {
        RuntimeException damage = new IllegalStateException("damaged");
        ChecksBeside checks = new ChecksBeside(_ -> {
            throw damage;
        });
        assertSame(damage, assertThrows(IllegalStateException.class, checks::await));
        checks.stop();
        assertSame(damage, assertThrows(IllegalStateException.class, checks::await));
    }
}
