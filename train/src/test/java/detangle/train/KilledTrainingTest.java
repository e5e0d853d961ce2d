package detangle.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training in other processes, which are killed at some time or run with other numbers of threads. */
class KilledTrainingTest {
    private static final int KILLS = 2;
    private static final int MAX_SAVES = 15;
    private static final int MAX_MILLIS = 20;

    @TempDir
    Path folder;

    private static Process start(Path output, int threads) throws IOException {
        String path = String.join(
                System.getProperty("path.separator"),
                Path.of("target", "test-classes").toAbsolutePath().toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-Xmx256m",
                        "-Ddetangle.threads=" + threads,
                        "-cp",
                        path,
                        ToyProcess.class.getName(),
                        output.toString())
                .redirectErrorStream(true)
                .start();
    }

    private static List<String> finish(Process process) throws Exception {
        List<String> lines = process.inputReader().readAllLines();
        assertEquals(0, process.waitFor(), lines.toString());
        assertEquals("done", lines.getLast(), lines.toString());
        return lines;
    }

    private static void assertSame(Path expected, Path actual) throws IOException {
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "trainer_state.json")) {
            String name = "checkpoint-40/" + file;
            assertEquals(-1, Files.mismatch(expected.resolve(name), actual.resolve(name)), name);
        }
    }

    @Test
    void goesOnBitForBitAfterItWasKilledAndAtAnyNumberOfThreads() throws Exception {
        Path whole = folder.resolve("whole");
        finish(start(whole, 1));
        Path killed = folder.resolve("killed");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> begins = new ArrayList<>();
        for (int i = 0; i < KILLS; i++) {
            Process process = start(killed, i + 1);
            BufferedReader lines = process.inputReader();
            int saves = random.nextInt(MAX_SAVES);
            String line = lines.readLine();
            while (line != null && !(line.startsWith("saved ") && saves-- == 0)) {
                if (line.startsWith("begins at ")) {
                    begins.add(line);
                }
                line = lines.readLine();
            }
            process.waitFor(random.nextInt(MAX_MILLIS), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
        }
        begins.addAll(finish(start(killed, 2)).stream()
                .filter(line -> line.startsWith("begins at "))
                .toList());
        String what = "seed " + seed + ": " + begins;
        assertEquals(KILLS + 1, begins.size(), what);
        assertNotEquals("begins at 0", begins.getLast(), what);
        System.out.println("killed: " + what);
        assertSame(whole, killed);
    }
}
