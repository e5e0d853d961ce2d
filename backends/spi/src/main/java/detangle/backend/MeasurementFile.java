package detangle.backend;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;

/**
 * Keeps what was measured on this machine from one process to the next, in a file that may go missing at any time, or
 * that may not be writable: then it is measured again.
 */
public final class MeasurementFile {
    /** The property with the folder of such files; {@code ~/.cache/detangle} by default. */
    public static final String FOLDER = "detangle.cache";

    /** The property that keeps a process from measuring while it has nothing else to do, when it is {@code false}. */
    public static final String WHEN_IDLE = "detangle.measure.idle";

    /** Bytes. A larger file is not one of these, and is written anew. */
    private static final long MAX_BYTES = 1 << 20;

    private final Path file;
    private final String title;

    private MeasurementFile(Path file, String title) {
        this.file = file;
        this.title = title;
    }

    /** @param title the comment on its first line */
    public static MeasurementFile named(String name, String title) {
        Path folder = Optional.ofNullable(System.getProperty(FOLDER))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "detangle"));
        return new MeasurementFile(folder.resolve(name), title);
    }

    public Optional<String> get(String key) {
        return Optional.ofNullable(read().getProperty(key));
    }

    private Properties read() {
        Properties all = new Properties();
        if (Files.isRegularFile(file) && Files.isReadable(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                if (Files.size(file) <= MAX_BYTES) {
                    all.load(reader);
                }
            } catch (IOException | IllegalArgumentException e) {
                all.clear(); // Written anew by the next put.
            }
        }
        return all;
    }

    public void put(String key, String value) {
        Properties all = read();
        all.setProperty(key, value);
        try {
            Files.createDirectories(file.getParent());
            Path part =
                    Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
            try {
                try (Writer writer = Files.newBufferedWriter(part)) {
                    all.store(writer, title);
                }
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            // It is only a memory: the next process measures again.
        }
    }
}
