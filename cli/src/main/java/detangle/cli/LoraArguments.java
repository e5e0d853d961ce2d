package detangle.cli;

import detangle.ir.DType;
import detangle.models.adapter.TargetModules;
import detangle.runtime.OptionValues;
import detangle.train.lora.LoraOptions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of an adapter, which is trained instead of the whole model, by the names of HuggingFace's PEFT. */
final class LoraArguments {
    private static final String ALL_LINEAR = "all-linear";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--lora",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Train a LoRA adapter and the head, and leave the encoder unchanged.")
    private boolean lora;

    @Option(
            names = {"--lora-r", "--lora-rank"},
            paramLabel = "N",
            description = "The rank of the adapter's matrices; 8 by default.")
    private Optional<Integer> rank;

    @Option(
            names = "--lora-alpha",
            paramLabel = "X",
            description = "The scale of the change, which is alpha / rank * B A; 8 by default.")
    private Optional<Double> alpha;

    @Option(
            names = "--lora-dropout",
            paramLabel = "X",
            description = "The share of the adapter's inputs that is dropped; 0 by default.")
    private Optional<Double> dropout;

    @Option(
            names = "--lora-target-modules",
            split = ",",
            paramLabel = "NAME",
            description =
                    "Linear layers that are changed, or all-linear; query_proj,value_proj by default, in_proj for v1.")
    private List<String> targets = List.of();

    @Option(
            names = "--use-rslora",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Take alpha / sqrt(rank) instead of alpha / rank.")
    private boolean rankStabilized;

    @Option(
            names = "--use-dora",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Train the norms of rows beside their directions (DoRA).")
    private boolean dora;

    /** Returns whether an adapter is trained. */
    boolean isAsked() {
        return lora;
    }

    /**
     * Returns the options of the adapter, if one is trained.
     *
     * @param frozen the type that the encoder's weights have meanwhile
     */
    Optional<LoraOptions> options(Optional<DType> frozen) {
        if (!lora) {
            boolean others = Stream.of(rank, alpha, dropout).anyMatch(Optional::isPresent)
                    || !targets.isEmpty()
                    || rankStabilized
                    || dora;
            if (others || frozen.isPresent()) {
                throw new ParameterException(
                        spec.commandLine(),
                        (others ? "options of an adapter go" : "--weight-type of what is not trained goes")
                                + " with --lora");
            }
            return Optional.empty();
        }
        LoraOptions asked =
                LoraOptions.DEFAULT.withRankStabilized(rankStabilized).withDora(dora);
        LoraOptions ranked = OptionValues.with(asked, rank, LoraOptions::withRank);
        LoraOptions scaled = OptionValues.with(ranked, alpha, LoraOptions::withAlpha);
        LoraOptions dropping = OptionValues.with(scaled, dropout, LoraOptions::withDropout);
        LoraOptions kept = OptionValues.with(dropping, frozen, LoraOptions::withFrozenType);
        return Optional.of(OptionValues.with(kept, targets(), LoraOptions::withTargets));
    }

    private Optional<TargetModules> targets() {
        if (targets.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                targets.equals(List.of(ALL_LINEAR)) ? new TargetModules.AllLinear() : TargetModules.named(targets));
    }
}
