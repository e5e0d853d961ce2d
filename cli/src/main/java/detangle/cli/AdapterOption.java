package detangle.cli;

import detangle.models.adapter.Adapter;
import detangle.models.deberta.DebertaConfig;
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

    /**
     * Returns the configuration of a model with the adapter, if one is given: its labels and its head are the
     * adapter's.
     */
    DebertaConfig config(Path model) {
        DebertaConfig stated = DebertaConfig.read(model);
        if (folder.isEmpty()) {
            return stated;
        }
        try (Adapter adapter = Adapter.open(folder.get())) {
            return adapter.of(stated);
        }
    }
}
