package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Options of the commands that build a model: what stands on the encoder, and whose code is followed. */
final class HeadOptions {
    @Option(
            names = "--head",
            paramLabel = "NAME",
            description =
                    "What stands on the encoder; config.json's by default, or what the checkpoint holds where that names none.")
    private Optional<String> head;

    @Option(
            names = "--convention",
            paramLabel = "NAME",
            description = "huggingface or microsoft: how distances of max_relative_positions or more are read; "
                    + "that of the head's origin by default.")
    private Optional<String> convention;

    /** The head that is asked for. */
    Optional<Architecture> wanted() {
        return head.map(name -> Architecture.named(name)
                .orElseThrow(() -> new CliException("there is no head '" + name + "'; there are "
                        + Arrays.stream(Architecture.values())
                                .map(Architecture::text)
                                .collect(Collectors.joining(", ")))));
    }

    /**
     * The head that is asked for, or the model's own.
     *
     * @param weights the file of the weights, if it is not the model's own
     */
    Architecture head(Path model, Optional<Path> weights) {
        return wanted().orElseGet(() -> CheckpointHeads.choose(model, weights, DebertaConfig.read(model)));
    }

    Convention convention(Architecture head) {
        return convention
                .map(name -> Convention.named(name)
                        .orElseThrow(() -> new CliException("there is no convention '" + name + "'; there are "
                                + Arrays.stream(Convention.values())
                                        .map(Convention::text)
                                        .collect(Collectors.joining(", ")))))
                .orElse(head.convention());
    }
}
