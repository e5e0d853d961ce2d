package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import detangle.pipelines.Deadline;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class TurnsTest {
    /** A turn is waited for as long as the request has left, and not as long as a request may take. */
    @Test
    void aRequestWaitsUntilItsDeadline() throws InterruptedException {
        Turns turns = new Turns(Duration.ofMinutes(1));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread other = Thread.ofPlatform()
                .start(() -> turns.one(() -> {
                    begun.countDown();
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return 0;
                }));
        begun.await();
        ApiException late = assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThrows(
                        ApiException.class, () -> Deadline.within(Duration.ofMillis(20), () -> turns.one(() -> 1))));
        assertEquals(504, late.status());
        end.countDown();
        other.join();
    }
}
