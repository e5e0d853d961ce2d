package detangle.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The adapter of the commands that run a model or copy it. */
final class AdapterOption {
    @Option(
            names = "--adapter",
            paramLabel = "FOLDER",
            description = "A LoRA adapter in PEFT's files (adapter_config.json), which is merged into the model.")
    private Optional<Path> folder;

    Optional<Path> folder() {
        return folder;
    }
}
