package detangle.cli;

import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** How many threads compute, for the commands that run a model. */
final class ThreadsOption {
    /** The vector backend reads it when it starts, once for the whole JVM. */
    private static final String PROPERTY = "detangle.threads";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; one a processor by default.")
    private Optional<Integer> threads;

    /** Comes before a model is loaded. */
    void apply() {
        if (threads.filter(n -> n < 1).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--threads is at least 1");
        }
        threads.ifPresent(n -> System.setProperty(PROPERTY, Integer.toString(n)));
    }
}
