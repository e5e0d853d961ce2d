package detangle.runtime.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RareWarningsTest {
    @Test
    void onePassesInAMinuteWithTheCountOfAll() {
        AtomicLong clock = new AtomicLong(-TimeUnit.DAYS.toNanos(1));
        RareWarnings warnings = new RareWarnings(clock::get);
        assertEquals(OptionalLong.of(1), warnings.next());
        assertEquals(OptionalLong.empty(), warnings.next());
        clock.addAndGet(TimeUnit.SECONDS.toNanos(59));
        assertEquals(OptionalLong.empty(), warnings.next());
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertEquals(OptionalLong.of(3), warnings.next());
        clock.addAndGet(TimeUnit.HOURS.toNanos(1));
        assertEquals(OptionalLong.of(1), warnings.next());
    }
}
