package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Training gives the same bits at any number of threads: the processes differ in that alone. */
class TrainingThreadsTest {
    @Test
    void theSameBitsAtAnyNumberOfThreads() throws Exception {
        String one = checksum(1);
        assertTrue(one.startsWith("checksum "), one);
        assertEquals(one, checksum(2));
        assertEquals(one, checksum(5));
    }

    private static String checksum(int threads) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-Ddetangle.threads=" + threads,
                        "-Ddetangle.home=" + DetangleProcess.HOME,
                        "-cp",
                        System.getProperty("java.class.path"),
                        TrainingBits.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines().reduce((first, last) -> last).orElse("");
    }
}
