package detangle.cli;

import detangle.models.deberta.Architecture;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that names the head. */
final class HeadOption {
    /** The words of {@code --head}. */
    static final class Heads extends NamedValues<Architecture> {
        Heads() {
            super(all(Architecture.class), Architecture::text);
        }
    }

    @Option(
            names = "--head",
            paramLabel = "NAME",
            converter = Heads.class,
            completionCandidates = Heads.class,
            description = "The head on the encoder: ${COMPLETION-CANDIDATES}; by default that of config.json, or"
                    + " else the one that the checkpoint holds.")
    private Optional<Architecture> head;

    /** Returns the head that is asked for. */
    Optional<Architecture> wanted() {
        return head;
    }
}
