package detangle.cli;

import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.Pooling;
import detangle.runtime.OptionValues;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options for how vectors are made, the same of the command and of the server. */
final class VectorOptions {
    /** The words of {@code --pooling}. */
    static final class Poolings extends NamedValues<Pooling> {
        Poolings() {
            super(all(Pooling.class), Pooling::text);
        }
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--pooling",
            paramLabel = "NAME",
            split = ",",
            converter = Poolings.class,
            completionCandidates = Poolings.class,
            description = "How the states of a text's tokens become a vector: ${COMPLETION-CANDIDATES}, or several"
                    + " side by side. By default the files of sentence-transformers in the model's folder"
                    + " decide, or else it is mean.")
    private List<Pooling> poolings = List.of();

    @Option(
            names = "--truncate-dim",
            paramLabel = "N",
            description =
                    "Keep the first N numbers of each vector; by default config_sentence_transformers.json decides.")
    private Optional<Integer> truncateDim;

    /** Returns what these options say; the rest as the folder says. */
    EmbeddingOptions options() {
        if (truncateDim.orElse(1) < 1) {
            throw new ParameterException(spec.commandLine(), "--truncate-dim must be at least 1");
        }
        return OptionValues.with(
                EmbeddingOptions.DEFAULT.withPooling(poolings), truncateDim, EmbeddingOptions::withTruncateDim);
    }
}
