package detangle.cli;

import detangle.pipelines.Pooling;
import java.util.List;
import picocli.CommandLine.Option;

/** How tokens become vectors: the same option of the command and of the server. */
final class PoolingOption {
    /** The words of {@code --pooling}. */
    static final class Poolings extends NamedValues<Pooling> {
        Poolings() {
            super(all(Pooling.class), Pooling::text);
        }
    }

    @Option(
            names = "--pooling",
            paramLabel = "NAME",
            split = ",",
            converter = Poolings.class,
            completionCandidates = Poolings.class,
            description =
                    "How the states of a text's tokens become a vector: ${COMPLETION-CANDIDATES}, or several side by"
                            + " side. By default what the model's folder says for sentence-transformers, or mean.")
    private List<Pooling> poolings = List.of();

    List<Pooling> poolings() {
        return poolings;
    }
}
