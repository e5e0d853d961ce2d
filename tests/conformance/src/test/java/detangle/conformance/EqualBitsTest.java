package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models have the same bits on every compiler of the JVM, at every number of threads and with tiles of every height, in
 * processes that differ in that alone: the order of each sum follows from sizes and from the width of vectors. {@code
 * -Ddetangle.bits.minutes=60} goes on for an hour with other models in each round, {@code -Ddetangle.bits.seed=7} says
 * which model is the first.
 */
class EqualBitsTest {
    private static final int MINUTES = Integer.getInteger("detangle.bits.minutes", 0);
    private static final long FIRST = Long.getLong("detangle.bits.seed", 1);
    private static final int MODELS_OF_A_ROUND = MINUTES == 0 ? 2 : 20;
    private static final long NANOS_OF_A_MINUTE = 60_000_000_000L;

    /** So many runs of each model have C2 compile what the first ones interpret. */
    private static final int MANY_RUNS = MINUTES == 0 ? 40 : 300;

    @TempDir
    private Path folder;

    /** A way to run a process: how often each model runs, and the options of the JVM. */
    private record Way(int runs, List<String> options) {
        private static Way of(int runs, String... options) {
            return new Way(runs, List.of(options));
        }
    }

    private static final List<Way> WAYS = List.of(
            Way.of(3, "-XX:TieredStopAtLevel=1", "-Ddetangle.threads=2"),
            Way.of(MANY_RUNS, "-Ddetangle.threads=3", "-Ddetangle.vector.tile=14"));

    private static final List<Way> MORE_WAYS = List.of(
            Way.of(1, "-Xint", "-Ddetangle.threads=1"),
            Way.of(MANY_RUNS, "-XX:-TieredCompilation", "-Ddetangle.threads=1", "-Ddetangle.vector.tile=6f"),
            Way.of(MANY_RUNS, "-Ddetangle.threads=4", "-XX:+UseSerialGC", "-Ddetangle.vector.tile=12"),
            Way.of(MANY_RUNS, "-Ddetangle.threads=2", "-XX:+UseZGC", "-Ddetangle.vector.tile=8"));

    private static final List<Integer> WIDTHS = List.of(128, 256, 512);

    @Test
    void everyWayToRunGivesTheSameBits() throws Exception {
        List<Way> ways = new ArrayList<>(WAYS);
        if (MINUTES > 0) {
            ways.addAll(MORE_WAYS);
        }
        long end = System.nanoTime() + MINUTES * NANOS_OF_A_MINUTE;
        long seed = FIRST;
        int processes = 0;
        do {
            for (int width : MINUTES == 0 ? WIDTHS.subList(2, 3) : WIDTHS) {
                List<String> expected = lines(ways.getFirst(), width, seed);
                assertEquals(MODELS_OF_A_ROUND, expected.size());
                for (Way way : ways.subList(1, ways.size())) {
                    assertEquals(expected, lines(way, width, seed), width + " bits, " + way);
                }
                processes += ways.size();
            }
            seed += MODELS_OF_A_ROUND;
        } while (System.nanoTime() < end);
        System.out.println(
                "equal bits: " + (seed - FIRST) + " models from seed " + FIRST + ", in " + processes + " processes");
    }

    private List<String> lines(Way way, int width, long seed) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-Ddetangle.vector.bits=" + width,
                "-Ddetangle.home=" + DetangleProcess.HOME));
        command.addAll(way.options());
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                EqualBits.class.getName(),
                Files.createDirectories(folder.resolve("model")).toString(),
                Long.toString(seed),
                Integer.toString(MODELS_OF_A_ROUND),
                Integer.toString(way.runs())));
        Path errors = folder.resolve("errors");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> way + ": " + read(errors));
        return output.lines().toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
