package detangle.cli;

import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that run or show what a device is given. */
final class DeviceOptions {
    @Mixin
    private BackendOption backend;

    @Option(
            names = "--host-ops",
            split = ",",
            paramLabel = "OP",
            description =
                    "Operations that a device leaves to the CPU, as dump-ir writes them: packed_attention,linear.")
    private Set<String> hostOperations = Set.of();

    Optional<String> backend() {
        return backend.name();
    }

    Set<String> hostOperations() {
        return hostOperations;
    }
}
