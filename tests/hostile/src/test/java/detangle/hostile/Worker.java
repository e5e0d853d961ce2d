package detangle.hostile;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One process of {@link HostileWorker}: started with little memory, asked, watched, and ended. */
final class Worker implements AutoCloseable {
    /** How much more memory hostile files may take than good ones, inside the heap and outside of it. */
    static final int EXTRA_MEGABYTES = 64;

    /** How often the memory is looked at while the process reads. */
    private static final Duration GLANCE = Duration.ofMillis(5);

    /** How long a process may take to note the lines that it has reached. */
    private static final Duration LAST_NOTES = Duration.ofSeconds(20);

    private static final String END = "the end of the output";

    private final Process process;
    private final PrintStream requests;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Path folder;
    private final Path errors;
    private long settled;

    /**
     * Starts the process.
     *
     * @param megabytes the heap for good files
     * @param folder an empty one, for the working folder, the home and the temporary files of the process
     */
    Worker(int megabytes, Path folder) throws IOException {
        this.folder = folder;
        errors = folder.resolveSibling(folder.getFileName() + ".log");
        int heap = megabytes + EXTRA_MEGABYTES;
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ReachedLines.options());
        command.addAll(List.of(
                // The whole heap is resident from the start, so that what grows is outside of it.
                "-Xms" + heap + "m",
                "-Xmx" + heap + "m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:ErrorFile=" + errors,
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + folder,
                "-Duser.home=" + folder,
                "-Ddetangle.home=" + System.getProperty("detangle.home", ""),
                "-cp",
                System.getProperty("java.class.path"),
                HostileWorker.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.to(errors.toFile()));
        builder.environment().put("HOME", folder.toString());
        // A folder may name a model on the hub.
        builder.environment().put("HF_HUB_OFFLINE", "1");
        process = builder.start();
        requests = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread.ofVirtual().start(this::readLines);
    }

    /**
     * What the process says of a folder.
     *
     * @param answer empty if the process has ended, said nothing for too long, or said something else
     * @param silence why there is no answer; empty if there is one
     * @param grown the most memory outside of the heap that it had meanwhile, in bytes, less what it had when it was
     *     settled; 0 where the system does not tell
     */
    record Reply(Optional<Answer> answer, String silence, long grown) {}

    /** Says that the process has read what it must, and should not grow much any more. */
    void settle() throws IOException {
        settled = residentBytes();
    }

    /** Has a folder read. A process that does not answer is of no use afterwards. */
    Reply ask(Reader reader, Path files, Duration patience) throws IOException {
        long most = residentBytes();
        requests.println(reader.getClass().getName() + "\t" + files);
        try {
            String line = null;
            // Looks are counted, and not seconds, as a machine may stop this process and the other one for minutes.
            for (long looks = patience.dividedBy(GLANCE); line == null && looks > 0; looks--) {
                line = lines.poll(GLANCE.toMillis(), TimeUnit.MILLISECONDS);
                most = Math.max(most, residentBytes());
            }
            if (line == null) {
                return new Reply(Optional.empty(), "said nothing for " + patience.toSeconds() + " s", most - settled);
            }
            if (line.equals(END)) {
                return new Reply(
                        Optional.empty(), "ended its process with status " + process.waitFor(), most - settled);
            }
            Optional<Answer> answer = Answer.parse(line);
            boolean more = !lines.isEmpty();
            return answer.isEmpty() || more
                    ? new Reply(Optional.empty(), "made its process say: " + Escapes.escaped(line), most - settled)
                    : new Reply(answer, "", most - settled);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** What is in the folder that the process was given. */
    Snapshot leftBehind() throws IOException {
        return Snapshot.of(folder);
    }

    /** How many files and threads the process has; 0 where the system does not tell. */
    int opened() {
        return entries("fd") + entries("task");
    }

    private int entries(String folder) {
        try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(process.pid()), folder))) {
            return (int) entries.count();
        } catch (IOException e) {
            // There is no such folder on other systems, nor once the process has ended.
            return 0;
        }
    }

    /** What the JVM itself has said. */
    String errors() throws IOException {
        return Files.exists(errors)
                ? Files.readString(errors, StandardCharsets.ISO_8859_1).strip()
                : "";
    }

    private void readLines() {
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            // The process has been ended.
        } finally {
            lines.add(END);
        }
    }

    /** What the process has of its own, without mapped files; 0 where the system does not tell. */
    private long residentBytes() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.exists(status)) {
            return 0;
        }
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            // The process has just ended.
            return 0;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (ReachedLines.areNoted()) {
                // The process ends by itself once nothing more is asked, unless it hangs.
                requests.close();
                process.waitFor(LAST_NOTES.toMillis(), TimeUnit.MILLISECONDS);
            }
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Folders.remove(folder);
        Files.deleteIfExists(errors);
    }
}
