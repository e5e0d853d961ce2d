package detangle.conformance;

import detangle.cli.CommandLineHere;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs Detangle as its users do: mostly in a process of its own, from the jars that the build has collected. */
final class DetangleProcess {
    private static final int SIGINT = 2;

    /** The root of the repository. */
    static final Path HOME = Path.of(System.getProperty("detangle.home"));

    private static final String LIB = System.getProperty("detangle.lib");

    private static final long TIMEOUT_SECONDS = 300;

    private static final List<String> WITHOUT_C2 = List.of("-XX:TieredStopAtLevel=1", "-Ddetangle.once=true");

    private DetangleProcess() {}

    /** How the jars are found by the JVM. */
    enum Launch {
        /** As named modules, as {@code ./detangle} does. */
        MODULE_PATH(
                "--module-path",
                LIB,
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=detangle.backend.vector,dev.hardwood.core,snappy.java,com.github.luben.zstd_jni",
                "-m",
                "detangle.cli/detangle.cli.Main"),
        /** As one unnamed module, as programs without modules do. */
        CLASS_PATH(
                "-cp",
                LIB + "/*",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "detangle.cli.Main"),
        /** On the class path without the flag that the vector backend needs. */
        CLASS_PATH_WITHOUT_VECTOR("-cp", LIB + "/*", "--enable-native-access=ALL-UNNAMED", "detangle.cli.Main");

        private final List<String> options;

        Launch(String... options) {
            this.options = List.of(options);
        }
    }

    /** The archive of classes for processes of the tests, as the launcher makes one: each starts half a second sooner. */
    private static final class ClassArchive {
        private static final List<String> SILENT = List.of("-Xlog:cds*=off", "-Xlog:aot*=off");

        /** Options of the JVM; none where another JVM than HotSpot has made no archive. */
        static final List<String> OPTIONS = options();

        private static List<String> options() {
            Path archive = Path.of(LIB).resolveSibling("classes-of-tests.jsa");
            if (!isNewerThanJars(archive)) {
                // Under another name until it is whole, as tests run in two processes.
                Path made = archive.resolveSibling(
                        "classes-of-tests-" + ProcessHandle.current().pid() + ".jsa");
                List<String> command = new ArrayList<>(SILENT);
                command.add(
                        0,
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
                command.add("-Ddetangle.home=" + HOME);
                command.add("-XX:ArchiveClassesAtExit=" + made);
                command.addAll(Launch.MODULE_PATH.options);
                command.addAll(List.of("classify", "Where is my card?"));
                run(HOME, command);
                moveIfThere(made, archive);
            }
            if (!Files.exists(archive)) {
                return List.of();
            }
            List<String> options = new ArrayList<>(SILENT);
            options.add("-XX:SharedArchiveFile=" + archive);
            return options;
        }

        private static void moveIfThere(Path made, Path archive) {
            try {
                if (Files.exists(made)) {
                    Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static boolean isNewerThanJars(Path archive) {
            if (!Files.exists(archive)) {
                return false;
            }
            try (Stream<Path> jars = Files.list(Path.of(LIB))) {
                FileTime made = Files.getLastModifiedTime(archive);
                for (Path jar : jars.toList()) {
                    if (Files.getLastModifiedTime(jar).compareTo(made) >= 0) {
                        return false;
                    }
                }
                return true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What a finished process has left: its exit status and its two streams. */
    record Result(int status, String out, String err) {
        /** The lines of stderr that the JVM did not write of its own accord. */
        List<String> messages() {
            return err.lines()
                    .filter(line -> !line.equals("WARNING: Using incubator modules: jdk.incubator.vector"))
                    .toList();
        }
    }

    /** Runs the command line in a new JVM, in the root of the repository. */
    static Result java(Launch launch, String... arguments) {
        return javaIn(HOME, launch, arguments);
    }

    /** Runs the command line in a new JVM, in a folder. */
    static Result javaIn(Path directory, Launch launch, String... arguments) {
        return javaIn(directory, Map.of(), launch, arguments);
    }

    /** Runs the command line in a new JVM, in a folder, with variables beside those of this process. */
    static Result javaIn(Path directory, Map<String, String> environment, Launch launch, String... arguments) {
        return run(directory, environment, command(launch, List.of(), arguments));
    }

    /**
     * Runs a command that ends soon in a new JVM, in a folder. The JVM has no C2, as in the launcher, which takes half
     * of the time.
     */
    static Result shortlyIn(Path directory, Map<String, String> environment, String... arguments) {
        return run(directory, environment, command(Launch.MODULE_PATH, WITHOUT_C2, arguments));
    }

    /**
     * Runs the command line inside of this process, on the class path, for tests of what a command computes or refuses
     * and not of how it is started. Relative paths begin at the folder of the tests.
     */
    static Result here(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = CommandLineHere.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(status, out.toString(), err.toString());
    }

    /** Starts the command line in a new JVM; the caller reads, writes and ends it, also by Ctrl-C's signal. */
    static Process start(String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(isInterruptIgnored() ? List.of("env", "--default-signal=INT") : List.of());
        command.addAll(command(Launch.MODULE_PATH, List.of(), arguments));
        return new ProcessBuilder(command).start();
    }

    /**
     * Whether this process ignores SIGINT, as do those that a shell starts with an ampersand, and so all that it
     * starts.
     */
    private static boolean isInterruptIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String ignored = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow()
                .substring("SigIgn:".length())
                .strip();
        return (Long.parseUnsignedLong(ignored, 16) & 1L << (SIGINT - 1)) != 0;
    }

    private static List<String> command(Launch launch, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Ddetangle.home=" + HOME);
        command.addAll(options);
        if (launch == Launch.MODULE_PATH) {
            command.addAll(ClassArchive.OPTIONS);
        }
        command.addAll(launch.options);
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs the launcher script. */
    static Result script(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(HOME.resolve("detangle").toString());
        command.addAll(List.of(arguments));
        return run(HOME, command);
    }

    /** Runs a line in a shell. */
    static Result shell(String line) {
        return run(HOME, List.of("bash", "-c", line));
    }

    /**
     * Runs lines in a shell that reads them from a file, so that the locale of the tests does not matter to what they
     * say.
     */
    static Result bash(Path directory, String lines) throws IOException {
        Path script = Files.createTempFile("detangle", ".sh");
        try {
            Files.writeString(script, lines);
            return run(directory, List.of("bash", script.toString()));
        } finally {
            Files.delete(script);
        }
    }

    private static Result run(Path directory, List<String> command) {
        return run(directory, Map.of(), command);
    }

    private static Result run(Path directory, Map<String, String> environment, List<String> command) {
        try {
            // Files, as a pipe that nobody reads would block the process.
            Path out = Files.createTempFile("detangle", ".out");
            Path err = Files.createTempFile("detangle", ".err");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s: " + command);
                }
                return new Result(
                        process.exitValue(),
                        Files.readString(out, StandardCharsets.UTF_8),
                        Files.readString(err, StandardCharsets.UTF_8));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while running " + command, e);
        }
    }
}
