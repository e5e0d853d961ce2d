package detangle.backend.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The number of threads is the one that was asked for, and otherwise one that suits the processors. */
class ThreadCountTest {
    private static final Processors FOUR = new Processors(4, OptionalDouble.empty(), List.of());

    private static ThreadCount of(String text) {
        return ThreadCount.of(text, "--threads", FOUR);
    }

    @Test
    void autoIsOneAProcessor() {
        assertEquals("4 threads (4 processors, no quota)", of("auto").text());
    }

    @Test
    void aNumberIsThatNumber() {
        assertEquals("1 thread (asked for; 4 processors, no quota)", of("1").text());
        assertEquals("4 threads (4 processors, no quota)", of("4").text());
        assertEquals("16 threads (asked for; 4 processors, no quota)", of("16").text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "many", "AUTO", "2.5", "10000", "99999999999", "1 ", "\u0661"})
    void anythingElseIsRefused(String text) {
        ThreadCountException refused = assertThrows(ThreadCountException.class, () -> of(text));

        assertEquals("--threads is '" + text + "': give a number from 1 to 9999, or auto", refused.getMessage());
    }
}
