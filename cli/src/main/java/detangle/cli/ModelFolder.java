package detangle.cli;

import java.nio.file.Path;

/** What stands for a model on the command line. */
final class ModelFolder {
    private ModelFolder() {}

    static Path of(String name) {
        return Path.of(name);
    }
}
