package detangle.cli;

import detangle.cli.Failures.CliException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The trained model that comes with the project. */
final class ShippedModel {
    private ShippedModel() {}

    static Path folder() {
        String home = System.getProperty("detangle.home");
        if (home == null) {
            throw new CliException("there is no default model outside the project's folder: name one with --model");
        }
        Path folder = Path.of(home, "models", "pretrained", "banking77-small");
        if (!Files.isDirectory(folder)) {
            throw new CliException(folder + " is missing: restore it, or name a model with --model");
        }
        return folder;
    }
}
