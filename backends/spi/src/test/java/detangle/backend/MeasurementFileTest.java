package detangle.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Whatever lies where measurements are kept, a process measures again and goes on. */
class MeasurementFileTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void keepHere() {
        System.setProperty(MeasurementFile.FOLDER, folder.toString());
    }

    @AfterEach
    void keepThereAgain() {
        System.clearProperty(MeasurementFile.FOLDER);
    }

    private void isMeasuredAgain(Optional<String> then) {
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            MeasurementFile file = MeasurementFile.named("a.properties", "A test");
            assertEquals(Optional.empty(), file.get("key"));
            file.put("key", "value");
            assertEquals(then, file.get("key"));
        });
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no named pipes among its files")
    void aPipeIsReplaced() throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", folder.resolve("a.properties").toString())
                        .start()
                        .waitFor());
        isMeasuredAgain(Optional.of("value"));
    }

    @Test
    void whatIsNoTextIsReplaced() throws IOException {
        for (byte[] content :
                new byte[][] {{-1, -2, 0}, "key=\\u00".getBytes(StandardCharsets.UTF_8), new byte[2 << 20]}) {
            Files.write(folder.resolve("a.properties"), content);
            isMeasuredAgain(Optional.of("value"));
        }
    }

    @Test
    void aHugeFileIsReplaced() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("a.properties").toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        isMeasuredAgain(Optional.of("value"));
    }

    @Test
    void aFolderInItsPlaceIsLeft() throws IOException {
        Files.createDirectories(folder.resolve("a.properties").resolve("b"));
        isMeasuredAgain(Optional.empty());
    }
}
