package detangle.cli;

import detangle.models.adapter.AdaptedModel;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that build a model: what stands on the encoder, and whose code is followed. */
final class HeadOptions {
    /** The words of {@code --convention}. */
    static final class Conventions extends NamedValues<Convention> {
        Conventions() {
            super(all(Convention.class), Convention::text);
        }
    }

    @Mixin
    private HeadOption head;

    @Option(
            names = "--convention",
            paramLabel = "NAME",
            converter = Conventions.class,
            completionCandidates = Conventions.class,
            description = "The convention for distances of max_relative_positions or more:"
                    + " ${COMPLETION-CANDIDATES}; by default the one that an artifact was compiled for, and that of the"
                    + " head's origin for a folder.")
    private Optional<Convention> convention;

    /** Returns whether any of these options is given. */
    boolean areGiven() {
        return wanted().isPresent() || convention.isPresent();
    }

    /** Returns the head that is asked for. */
    Optional<Architecture> wanted() {
        return head.wanted();
    }

    /**
     * Returns the head that is asked for, or the model's own.
     *
     * @param weights the file of the weights, if it is not the model's own
     */
    Architecture head(Path model, Optional<Path> weights) {
        return wanted().orElseGet(() -> CheckpointHeads.choose(model, weights, DebertaConfig.read(model)));
    }

    /** Returns the head that is given, or the head of a model with an adapter, if there is one. */
    Architecture head(Path model, Optional<Path> weights, Optional<Path> adapter) {
        if (wanted().isPresent() || adapter.isEmpty()) {
            return head(model, weights);
        }
        try (Weights stored = Weights.open(weights.orElse(model))) {
            AdaptedModel adapted = AdaptedModel.of(DebertaConfig.read(model), stored, adapter);
            return CheckpointHeads.choose(adapted.weights(), adapted.config());
        }
    }

    /** Returns the convention that is asked for, or the one that the model is read by with a head. */
    Convention convention(Path model, Architecture head) {
        return convention.orElseGet(() -> Convention.of(model, Optional.of(head)));
    }
}
