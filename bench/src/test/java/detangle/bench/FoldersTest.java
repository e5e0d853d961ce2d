package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Temporary folders of processes that are told to end, or killed. */
class FoldersTest {
    @TempDir
    private Path temporary;

    /** Makes a folder with a file, prints its name, and waits. */
    static final class Owner {
        private Owner() {}

        public static void main(String... arguments) throws Exception {
            Path folder = Folders.temporary();
            Files.writeString(Files.createDirectory(folder.resolve("model")).resolve("weights"), "0");
            System.out.println(folder);
            Thread.sleep(TimeUnit.MINUTES.toMillis(1));
        }
    }

    private static String classes(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    private Process start() throws IOException, URISyntaxException {
        String classes = classes(Folders.class) + File.pathSeparator + classes(Owner.class);
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        classes,
                        Owner.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Path folder(Process owner) throws IOException {
        BufferedReader reader = owner.inputReader();
        return Path.of(reader.readLine());
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(temporary)) {
            return all.toList();
        }
    }

    @Test
    void aProcessThatIsToldToEndLeavesNothing() throws Exception {
        Process owner = start();
        assertTrue(Files.exists(folder(owner).resolve("model/weights")));
        owner.destroy();
        assertTrue(owner.waitFor(30, TimeUnit.SECONDS));
        assertEquals(List.of(), folders());
    }

    /** What a killed process leaves is deleted by the next one; what another process still uses is not. */
    @Test
    void theNextProcessDeletesWhatAKilledOneLeaves() throws Exception {
        Process killed = start();
        Path left = folder(killed);
        Process running = start();
        Path used = folder(running);
        killed.destroyForcibly().waitFor();
        assertTrue(Files.exists(left.resolve("model/weights")));
        Process next = start();
        Path own = folder(next);
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(used.resolve("model/weights")));
        assertTrue(Files.exists(own));
        running.destroy();
        next.destroy();
        running.waitFor();
        next.waitFor();
        assertEquals(List.of(), folders());
    }
}
