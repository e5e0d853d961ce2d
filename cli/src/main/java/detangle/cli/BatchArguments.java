package detangle.cli;

import detangle.bench.BenchOptions;
import detangle.bench.Workload;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of the batches that bench times. */
final class BatchArguments {
    private static final List<Integer> SIZES = List.of(1);
    private static final List<Integer> LENGTHS = List.of(16, 128, 512);

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--shape",
            split = ",",
            paramLabel = "BxS",
            description = "Batches, such as 8x128 for 8 sequences of 128 tokens.")
    private List<String> shapes = List.of();

    @Option(names = "--batch", split = ",", paramLabel = "N", description = "Sizes of batches; 1 by default.")
    private List<Integer> sizes = List.of();

    @Option(names = "--seq", split = ",", paramLabel = "N", description = "Lengths; 16,128,512 by default.")
    private List<Integer> lengths = List.of();

    @Option(
            names = "--mix",
            paramLabel = "N,N,...",
            description = "A batch of sequences of these lengths, padded, and also one by one.")
    private Optional<String> mix;

    boolean areGiven() {
        return !shapes.isEmpty() || !sizes.isEmpty() || !lengths.isEmpty() || mix.isPresent();
    }

    /**
     * Returns the batches: those of {@code --shape} and {@code --mix}, and each length with each size. Without any of
     * these options they are the default lengths.
     *
     * @throws ParameterException if sizes are given beside other batches, and no lengths for them
     */
    List<Workload> workloads() {
        boolean others = !shapes.isEmpty() || mix.isPresent();
        if (others && lengths.isEmpty() && !sizes.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--batch goes with --seq where there is --shape or --mix: leave it out");
        }
        return BenchOptions.workloads(
                shapes, sizes.isEmpty() ? SIZES : sizes, others || !lengths.isEmpty() ? lengths : LENGTHS, mix);
    }
}
