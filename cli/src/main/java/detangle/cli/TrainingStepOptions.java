package detangle.cli;

import detangle.bench.TrainingStep;
import detangle.ir.DType;
import detangle.runtime.OptionValues;
import detangle.train.lora.LoraOptions;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of what a timed step of training computes, by their names in {@code train}. */
final class TrainingStepOptions {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--gradient-checkpointing",
            description = "Keep only the input of each layer, and compute the layer again in the backward pass:"
                    + " less memory, more time, the same results.")
    private boolean checkpointing;

    @Option(names = "--lora", description = "Train a LoRA adapter and the head, and leave the encoder unchanged.")
    private boolean lora;

    @Option(
            names = {"--lora-r", "--lora-rank"},
            paramLabel = "N",
            description = "The rank of the adapter's matrices; 8 by default.")
    private Optional<Integer> rank;

    @Option(
            names = "--lora-dropout",
            paramLabel = "X",
            description = "The share of the adapter's inputs that is dropped; 0 by default.")
    private Optional<Double> dropout;

    /**
     * Returns what a step computes.
     *
     * @param training whether steps of training are timed
     * @param frozen the type that the weights have that are not trained
     */
    TrainingStep step(boolean training, Optional<DType> frozen) {
        if (checkpointing && !training) {
            throw wrongUse("--gradient-checkpointing goes with --training");
        }
        return new TrainingStep(adapter(training, frozen), checkpointing);
    }

    private Optional<LoraOptions> adapter(boolean training, Optional<DType> frozen) {
        if (lora && !training) {
            throw wrongUse("--lora goes with --training");
        }
        if (!lora && (rank.isPresent() || dropout.isPresent())) {
            throw wrongUse("options of an adapter go with --lora");
        }
        if (!lora && training && frozen.isPresent()) {
            throw wrongUse("--weight-type of what is not trained goes with --lora");
        }
        if (!lora) {
            return Optional.empty();
        }
        LoraOptions ranked = OptionValues.with(LoraOptions.DEFAULT, rank, LoraOptions::withRank);
        LoraOptions dropping = OptionValues.with(ranked, dropout, LoraOptions::withDropout);
        return Optional.of(OptionValues.with(dropping, frozen, LoraOptions::withFrozenType));
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
