package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.SharedFiles;
import detangle.models.text.HostileFiles.Hostile;
import java.io.BufferedReader;
import java.io.File;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No file hangs, exhausts the memory or ends the process: it loads and encodes, or is refused in one line, within a second
 * and little memory. Files are given to a process of their own, which takes many, and another when one ends it.
 */
class HostileTokenizersTest {
    private static final Path TRAINED = SharedFiles.home().resolve("models/pretrained/banking77-small");

    /** More, and others, by hand. */
    private static final int FILES = Integer.getInteger("detangle.hostile.files", 300);

    private static final int SEED = Integer.getInteger("detangle.hostile.seed", 21);

    /** Of processor time, as what else a machine does is nobody's fault. */
    private static final Duration MOST_TIME = Duration.ofSeconds(1);

    /** How long a process may be silent, on whatever machine, before it counts as hanging. */
    private static final int PATIENCE_SECONDS = 30;

    /** What the JVM and this test's classes need, and 64 MB. */
    private static final String MEMORY = "-Xmx96m";

    @TempDir
    Path folder;

    private Worker worker;

    @Test
    void everyFileLoadsOrIsRefused() throws IOException {
        List<Hostile> good = new ArrayList<>(HostileFiles.good());
        for (String file : List.of("tokenizer.json", "spm.model")) {
            good.add(new Hostile("the trained " + file, file, Files.readAllBytes(TRAINED.resolve(file)), ""));
        }
        List<Hostile> files = new ArrayList<>(HostileFiles.madeByHand());
        assertTrue(files.size() > 60, files.size() + " made by hand");
        files.addAll(HostileFiles.mutants(FILES - files.size(), good, SEED));
        assertEquals(FILES, files.size());

        List<String> faults = new ArrayList<>();
        int loaded = 0;
        try {
            for (Hostile whole : good) {
                assertTrue(answer(whole).orElse("").startsWith("loaded "), whole.name() + ": " + answer(whole));
            }
            for (Hostile hostile : files) {
                Duration before = processorTime();
                Optional<String> answer = answer(hostile);
                fault(hostile, answer).ifPresent(faults::add);
                Duration took = processorTime().minus(before);
                if (took.compareTo(MOST_TIME) > 0) {
                    faults.add(hostile.name() + " took " + took);
                }
                loaded += answer.filter(a -> a.startsWith("loaded ")).isPresent() ? 1 : 0;
            }
        } finally {
            stop();
        }
        assertEquals(List.of(), faults, () -> String.join("\n", faults));
        assertTrue(loaded > FILES / 10 && loaded < FILES * 2 / 3, loaded + " of " + FILES + " loaded");
    }

    private static Optional<String> fault(Hostile hostile, Optional<String> answer) {
        if (answer.isEmpty()) {
            return Optional.of(hostile.name() + " ended or stopped the process");
        }
        boolean fine = answer.get().startsWith("loaded ") && hostile.expected().isEmpty()
                || answer.get().startsWith("refused ") && answer.get().contains(hostile.expected());
        return fine ? Optional.empty() : Optional.of(hostile.name() + ": " + answer.get());
    }

    /** What the worker says of a tokenizer; empty if that ended it, or if it hangs. */
    private Optional<String> answer(Hostile hostile) throws IOException {
        Path place = Files.createTempDirectory(folder, "tokenizer");
        hostile.write(place);
        if (worker == null) {
            worker = new Worker();
        }
        Optional<String> answer = worker.ask(place);
        if (answer.isEmpty()) {
            stop();
        }
        return answer;
    }

    /** What the worker has taken so far; nothing where the system does not tell. */
    private Duration processorTime() {
        return Optional.ofNullable(worker)
                .flatMap(w -> w.process.info().totalCpuDuration())
                .orElse(Duration.ZERO);
    }

    private void stop() {
        if (worker != null) {
            worker.process.destroyForcibly();
            worker = null;
        }
    }

    private static final class Worker {
        private final Process process;
        private final PrintStream in;
        private final BufferedReader out;

        Worker() throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            MEMORY,
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            classPath(),
                            TokenizerWorker.class.getName())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /** What this process runs with: as modules, as tests of them, and as they are. */
        private static String classPath() {
            return String.join(
                    File.pathSeparator,
                    SharedFiles.home().resolve("models/target/classes").toString(),
                    SharedFiles.home().resolve("models/target/test-classes").toString(),
                    System.getProperty("jdk.module.path", ""),
                    System.getProperty("java.class.path", ""));
        }

        Optional<String> ask(Path place) {
            in.println(place);
            try {
                return Optional.ofNullable(
                        CompletableFuture.supplyAsync(this::line).get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            } catch (TimeoutException | ExecutionException e) {
                return Optional.empty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }

        private String line() {
            try {
                return out.readLine();
            } catch (IOException e) {
                return null;
            }
        }
    }
}
