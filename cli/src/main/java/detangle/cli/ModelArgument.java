package detangle.cli;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The first argument of commands about one model. */
final class ModelArgument {
    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A folder with config.json, or a model's name on the hub: organisation/name[@revision].")
    private String name;

    private Path folder;

    /** Returns the model's folder; one from the hub is downloaded when it is first asked for. */
    Path folder() {
        if (folder == null) {
            folder = ModelFolder.of(name);
        }
        return folder;
    }

    /** Returns the model's folder for a command that reads the tokenizer alone. */
    Path folderOfTokenizer() {
        return ModelFolder.withoutWeights(name);
    }
}
