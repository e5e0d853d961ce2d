package detangle.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The lines of code that files have reached. JaCoCo's agent notes them in each process that reads, where it is on the
 * class path, as in the Maven profile {@code coverage}.
 */
final class ReachedLines {
    private static final Optional<Path> AGENT = jar("org.jacoco.agent-");

    /** All processes add to it. */
    private static final Path NOTES = Path.of("target", "hostile-lines.exec").toAbsolutePath();

    private ReachedLines() {}

    private static Optional<Path> jar(String prefix) {
        return classPath()
                .filter(path -> path.getFileName().toString().startsWith(prefix))
                .findFirst();
    }

    private static Stream<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                .map(Path::of);
    }

    /** Returns whether lines are noted. A process notes them when it ends by itself. */
    static boolean areNoted() {
        return AGENT.isPresent();
    }

    /** Returns what a process that reads is started with. */
    static List<String> options() {
        return AGENT.map(agent -> List.of("-javaagent:" + agent + "=includes=detangle.*,destfile=" + NOTES))
                .orElse(List.of());
    }

    /** Forgets what earlier runs have reached. */
    static void begin() throws IOException {
        Files.deleteIfExists(NOTES);
    }

    /** Returns a table with a line for each module that files have reached, or nothing where no lines are noted. */
    static String table() throws IOException, InterruptedException {
        if (!areNoted() || Files.notExists(NOTES)) {
            return "";
        }
        Path csv = NOTES.resolveSibling("hostile-lines.csv");
        report(csv);
        // Lines without and with a file that reaches them, of the packages detangle.x and all below.
        Map<String, long[]> modules = new TreeMap<>();
        for (String line : Files.readAllLines(csv).stream().skip(1).toList()) {
            String[] fields = line.split(",");
            String[] names = fields[1].split("\\.");
            long[] counts = modules.computeIfAbsent(names[0] + "." + names[1], name -> new long[2]);
            counts[0] += Long.parseLong(fields[7]);
            counts[1] += Long.parseLong(fields[8]);
        }
        StringBuilder table = new StringBuilder("%-25s %7s %7s %5s%n".formatted("packages", "lines", "reached", "%"));
        modules.forEach((name, counts) -> {
            long all = counts[0] + counts[1];
            if (counts[1] > 0) {
                table.append("%-25s %7d %7d %5.1f%n".formatted(name, all, counts[1], 100.0 * counts[1] / all));
            }
        });
        return table.toString();
    }

    /** Has JaCoCo write a line for each class: group, package, class, and pairs of counts, the fourth of lines. */
    private static void report(Path csv) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                jar("org.jacoco.cli-").orElseThrow().toString(),
                "report",
                NOTES.toString(),
                "--quiet",
                "--csv",
                csv.toString()));
        classPath()
                .filter(path -> path.endsWith(Path.of("target", "classes"))
                        || path.getFileName().toString().startsWith("detangle-"))
                .forEach(path -> command.addAll(List.of("--classfiles", path.toString())));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("JaCoCo has failed: " + said);
        }
    }
}
