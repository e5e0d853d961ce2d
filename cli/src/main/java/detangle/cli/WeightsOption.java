package detangle.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option for where weights are, of the commands about one model that can do with others than its own. */
final class WeightsOption {
    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "The file of the weights; that in the model's folder by default.")
    private Optional<Path> file;

    Optional<Path> file() {
        return file;
    }
}
