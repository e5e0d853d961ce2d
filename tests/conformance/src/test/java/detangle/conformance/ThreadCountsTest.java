package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** As many threads compute as the process has processors, or as are asked for. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "taskset is Linux's")
class ThreadCountsTest {
    /** The launcher on the first of the processors that this process may use. */
    private static final String ON_ONE = """
            first=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/self/status)
            on_one() { taskset -c "$first" 'HOME/detangle' "$@"; }
            """.replace("HOME", DetangleProcess.HOME.toString());

    @TempDir
    private Path folder;

    private Result onOne(String lines) throws IOException {
        return DetangleProcess.bash(folder, ON_ONE + lines);
    }

    @Test
    void oneProcessorHasOneThread() throws IOException {
        Result result = onOne("on_one devices | grep ^vector:");

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().contains(", 1 thread ("), result.out());
    }

    @Test
    void moreThreadsThanProcessorsCompute() throws IOException {
        Result result = onOne("""
                DETANGLE_JAVA_OPTS=-Ddetangle.threads=4 on_one devices | grep ^vector:
                on_one classify --threads 4 'Where is my card?'
                on_one classify --threads auto 'Where is my card?'
                """);

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().contains(", 4 threads (asked for; "), result.out());
        assertTrue(result.out().endsWith("\ncard_arrival (0.93)\ncard_arrival (0.93)\n"), result.out());
    }

    @Test
    void aPropertyThatIsNoNumberIsOneLine() throws IOException {
        Result result = onOne("DETANGLE_JAVA_OPTS=-Ddetangle.threads=many on_one classify 'Where is my card?'");

        assertEquals(1, result.status(), result.err());
        assertEquals("detangle: detangle.threads is 'many': give a number from 1 to 9999, or auto\n", result.err());
    }
}
