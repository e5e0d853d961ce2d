package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Options of the commands that build a model: what stands on the encoder, and whose code is followed. */
final class HeadOptions {
    @Option(
            names = "--head",
            paramLabel = "NAME",
            description = "What stands on the encoder; config.json's by default.")
    private Optional<String> head;

    @Option(
            names = "--convention",
            paramLabel = "NAME",
            description = "huggingface or microsoft: how distances of max_relative_positions or more are read; "
                    + "that of the head's origin by default.")
    private Optional<String> convention;

    Architecture head(DebertaConfig config) {
        return head.map(name -> Architecture.named(name)
                        .orElseThrow(() -> new CliException("there is no head '" + name + "'; there are "
                                + Arrays.stream(Architecture.values())
                                        .map(Architecture::text)
                                        .collect(Collectors.joining(", ")))))
                .orElse(config.architecture());
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
