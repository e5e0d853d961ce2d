package detangle.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** What computes, for the commands that run a model. */
final class BackendOption {
    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "vector, reference, tornado[:opencl|ptx|cuda[:N]], hybrid or auto; the best on the CPU by default.")
    private Optional<String> backend;

    Optional<String> name() {
        return backend;
    }
}
