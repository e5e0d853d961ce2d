package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files that a command about a model reads. */
final class OwnFiles {
    private static final String CONFIG = "config.json";

    private OwnFiles() {}

    /**
     * Refuses an output that would replace a file that is read.
     *
     * @param model the folder or artifact of the model
     * @param weights the file of weights, if it is not the model's own
     * @param others further files, which need not exist
     * @throws CliException if it is the configuration, one of the files with weights, or one of the others
     */
    static void refuseAsOutput(Path output, Path model, Optional<Path> weights, List<Path> others) {
        if (!Files.exists(output)) {
            return;
        }
        try (Weights read = Weights.open(weights.orElse(model))) {
            List<Path> files = new ArrayList<>(others);
            files.addAll(List.of(model.resolve(CONFIG), weights.orElse(model)));
            read.names().stream().map(read::source).distinct().forEach(files::add);
            if (files.stream().anyMatch(file -> isSame(file, output))) {
                throw new CliException(output + " is a file that is read: name another --output");
            }
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
