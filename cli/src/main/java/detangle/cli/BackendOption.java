package detangle.cli;

import detangle.backend.Device;
import detangle.runtime.Backends;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** The option that says what computes, for the commands that run a model. */
final class BackendOption {
    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description = "The backend: vector, reference, tornado[:opencl|ptx|cuda[:N]], hybrid or auto; the best"
                    + " one on the CPU by default.")
    private Optional<String> backend;

    /**
     * Refuses a backend that is not there, before files are read.
     *
     * @throws detangle.ir.DetangleException if there is none of that name
     */
    void check() {
        Backends.device(backend, Set.of());
    }

    Optional<String> name() {
        return backend;
    }

    /** Returns the device that was asked for, with its description; empty where none was. */
    Optional<String> described() {
        return backend.map(name -> {
            Device device = Backends.device(backend, Set.of());
            return device.name() + ": " + device.description();
        });
    }
}
