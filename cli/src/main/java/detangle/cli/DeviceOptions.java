package detangle.cli;

import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options of the commands that run or show what a device is given. */
final class DeviceOptions {
    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "vector, reference, tornado[:opencl|ptx|cuda[:N]], hybrid or auto; the best on the CPU by default.")
    private Optional<String> backend;

    @Option(
            names = "--host-ops",
            split = ",",
            paramLabel = "OP",
            description =
                    "Operations that a device leaves to the CPU, as dump-ir writes them: packed_attention,linear.")
    private Set<String> hostOperations = Set.of();

    Optional<String> backend() {
        return backend;
    }

    Set<String> hostOperations() {
        return hostOperations;
    }
}
