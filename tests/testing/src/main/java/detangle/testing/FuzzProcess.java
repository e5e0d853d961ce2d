package detangle.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process in which Jazzer, a fuzzer that is guided by the branches that inputs reach, gives inputs to a target: a
 * class with methods {@code fuzzerInitialize()} and {@code fuzzerTestOneInput(byte[])}. Jazzer is on the class path in
 * the Maven profile {@code fuzz} alone.
 */
public final class FuzzProcess {
    private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";

    /** How long a target may take for one input: more than a machine that is busy needs for any. */
    private static final int SECONDS_OF_INPUT = 60;

    private static final int HEAP_MEGABYTES = 512;

    /** What Jazzer says of its progress, such as {@code #812 DONE cov: 301 ft: 512 corp: 31/2Kb exec/s: 40}. */
    private static final Pattern PROGRESS =
            Pattern.compile("#(\\d+)\\s+\\w+\\s+cov: (\\d+) ft: (\\d+) corp: (\\d+)/\\S+");

    private static final Pattern FINDING = Pattern.compile("(?m)^== (Java Exception|libFuzzer crashing input|ERROR).*");

    private FuzzProcess() {}

    /** Returns for how many seconds each target is given inputs; 0 where nobody has asked for it. */
    public static int seconds() {
        return Integer.getInteger("detangle.fuzz.seconds", 0);
    }

    /**
     * Gives inputs to a target for {@link #seconds}, and prints how many there were and how many branches they reached.
     *
     * @param name the name of what is tried, which is that of a folder too
     * @param target the class of the target
     * @param seeds good inputs, of which others are made
     * @param properties system properties for the target, such as {@code "detangle.a=b"}
     * @throws AssertionError if an input has made the target throw, hang or end the process; the message says where the
     *     input is
     */
    public static void run(String name, Class<?> target, List<byte[]> seeds, List<String> properties)
            throws IOException, InterruptedException {
        Path place = Path.of("target", "fuzz", name).toAbsolutePath();
        Path corpus = Files.createDirectories(place.resolve("corpus"));
        Path good = Files.createDirectories(place.resolve("seeds"));
        Path findings = Files.createDirectories(place.resolve("findings"));
        Path work = Files.createDirectories(place.resolve("work"));
        for (int i = 0; i < seeds.size(); i++) {
            Files.write(good.resolve(Integer.toString(i)), seeds.get(i));
        }
        Path log = place.resolve("log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP_MEGABYTES + "m",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:+EnableDynamicAgentLoading",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + work,
                "-Duser.home=" + work,
                "-Ddetangle.home=" + System.getProperty("detangle.home", "")));
        properties.forEach(property -> command.add("-D" + property));
        command.addAll(List.of("-cp", classPath(), JAZZER));
        command.addAll(List.of(
                "--target_class=" + target.getName(),
                "--instrumentation_includes=detangle.**",
                "--custom_hook_includes=detangle.**",
                "--reproducer_path=" + findings,
                "-artifact_prefix=" + findings + "/",
                "-max_total_time=" + seconds(),
                "-timeout=" + SECONDS_OF_INPUT,
                // The heap is bounded by the JVM, which says where it was too small.
                "-rss_limit_mb=0",
                corpus.toString(),
                good.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("HOME", work.toString());
        builder.environment().put("HF_HUB_OFFLINE", "1");
        int status = builder.start().waitFor();
        report(name, log, findings, status);
    }

    /** Where classes are, tests of a module that the JVM has patched included. */
    private static String classPath() {
        return Stream.of(
                        Path.of("target", "test-classes").toAbsolutePath().toString(),
                        Path.of("target", "classes").toAbsolutePath().toString(),
                        System.getProperty("java.class.path", ""),
                        System.getProperty("jdk.module.path", ""))
                .filter(path -> !path.isEmpty())
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    private static void report(String name, Path log, Path findings, int status) throws IOException {
        String said = Files.readString(log, StandardCharsets.ISO_8859_1);
        List<MatchResult> progress = PROGRESS.matcher(said).results().toList();
        if (progress.isEmpty()) {
            throw new AssertionError("Jazzer has not begun with " + name + ": see " + log);
        }
        MatchResult last = progress.getLast();
        System.out.printf(
                "%s: %s inputs in %d s, %s branches, %s kept%n",
                name, last.group(1), seconds(), last.group(2), last.group(4));
        if (status != 0) {
            String finding = FINDING.matcher(said)
                    .results()
                    .findFirst()
                    .map(at -> said.substring(at.start(), Math.min(said.length(), at.start() + 2000)))
                    .orElse("Jazzer ended with status " + status);
            throw new AssertionError(name + " has failed; its input is in " + findings + ", and all that was said in "
                    + log + ":\n" + finding);
        }
    }
}
