package detangle.cli;

import detangle.bench.LengthDistribution;
import detangle.bench.Traffic;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of requests whose lengths are drawn. */
final class TrafficArguments {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--traffic",
            paramLabel = "LENGTHS",
            description = "Time requests of random lengths, one by one and in batches of the waiting ones:"
                    + " uniform:8-256, lognormal:MEDIAN,SIGMA[,CAP] (512 by default), or a file with one length"
                    + " a line.")
    private Optional<String> lengths;

    @Option(
            names = "--requests",
            paramLabel = "N",
            description = "The number of requests of --traffic; 200 by default.")
    private Optional<Integer> requests;

    @Option(
            names = "--max-batch-requests",
            paramLabel = "N",
            description = "The most requests that wait at once with --traffic, so that a batch has 1 to N; 8 by"
                    + " default.")
    private Optional<Integer> most;

    @Option(names = "--seed", paramLabel = "N", description = "The seed of the lengths of --traffic; 42 by default.")
    private Optional<Long> seed;

    boolean areGiven() {
        return lengths.isPresent();
    }

    /** Refuses options of traffic without it. */
    void check() {
        if (lengths.isEmpty() && (requests.isPresent() || most.isPresent() || seed.isPresent())) {
            throw new ParameterException(
                    spec.commandLine(), "--requests, --max-batch-requests and --seed go with --traffic");
        }
    }

    /** Returns the requests, if there are to be any. Their lengths may come from a file. */
    Optional<Traffic> traffic() {
        int count = requests.orElse(200);
        return lengths.map(text ->
                new Traffic(LengthDistribution.of(text), count, most.orElse(Math.min(8, count)), seed.orElse(42L)));
    }
}
