package detangle.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Sizes of published models, for random weights where no checkpoint is at hand. */
public final class PublishedConfig {
    public static final List<String> NAMES = List.of(
            "deberta-v3-xsmall",
            "deberta-v3-small",
            "deberta-v3-base",
            "deberta-v3-large",
            "deberta-base",
            "deberta-v2-xlarge",
            "deberta-v2-xxlarge");

    private PublishedConfig() {}

    /**
     * Returns a folder of the published name with a config.json.
     *
     * @param name one of {@link #NAMES}
     * @param into where it is made, unless it is there
     */
    public static Path write(String name, Path into) {
        Path folder = into.resolve(name);
        try (InputStream config = PublishedConfig.class.getResourceAsStream(name + ".json")) {
            Files.createDirectories(folder);
            Files.write(folder.resolve("config.json"), config.readAllBytes());
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
