package detangle.server;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static int answer(Admission admission, int texts) {
        return admission.admit(() -> {
            admission.count(texts);
            return texts;
        });
    }

    /** A request of as many texts as may come at once is not refused for ever. */
    @Test
    void theLargestRequestIsAnsweredWhereThereIsNoOtherOne() {
        for (int limit : new int[] {32, 33, 40, 512}) {
            assertEquals(32, answer(new Admission(limit, 32), 32));
        }
    }

    @Test
    void requestsOfOneTextHaveTheLastPartToThemselves() {
        Admission admission = new Admission(40, 32);
        try (ExecutorService others = Executors.newSingleThreadExecutor()) {
            admission.admit(() -> {
                admission.count(31);
                ExecutionException full = assertThrows(
                        ExecutionException.class,
                        () -> others.submit(() -> answer(admission, 2)).get());
                assertEquals(429, ((ApiException) full.getCause()).status());
                return assertDoesNotThrow(
                        () -> others.submit(() -> answer(admission, 1)).get());
            });
        }
    }
}
