package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The files of the model that a command reads. */
final class OwnFiles {
    private static final String CONFIG = "config.json";

    private OwnFiles() {}

    /**
     * Refuses an output that would replace a file of the model.
     *
     * @param model the folder or artifact of the model
     * @param weights the file of weights, if it is not the model's own
     * @throws CliException if it is the configuration, or one of the files with weights
     */
    static void refuseAsOutput(Path output, Path model, Optional<Path> weights) {
        if (!Files.exists(output)) {
            return;
        }
        try (Weights read = Weights.open(weights.orElse(model))) {
            Stream<Path> files = Stream.concat(
                    Stream.of(model.resolve(CONFIG), weights.orElse(model)),
                    read.names().stream().map(read::source).distinct());
            files.filter(file -> isSame(file, output)).findFirst().ifPresent(file -> {
                throw new CliException(output + " is a file of the model that is read: name another --output");
            });
        }
    }

    private static boolean isSame(Path file, Path output) {
        try {
            return Files.isRegularFile(file) && Files.isSameFile(file, output);
        } catch (IOException e) {
            return false; // The code that opens the file says what is wrong.
        }
    }
}
