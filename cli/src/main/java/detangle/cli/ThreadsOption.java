package detangle.cli;

import detangle.backend.processor.ThreadCount;
import detangle.backend.processor.ThreadCountException;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The option for the number of threads, of the commands that run a model. */
final class ThreadsOption {
    static final String LABEL = "N|auto";

    static final String WHAT =
            "Threads that compute; auto, the default, is one a processor, and fewer where a CPU quota asks for it.";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--threads", paramLabel = LABEL, description = WHAT)
    private Optional<String> threads;

    /** Comes before a model is loaded, as the number is read once for the whole JVM. */
    void apply() {
        threads.ifPresent(text -> System.setProperty(ThreadCount.PROPERTY, Integer.toString(parse(spec, text))));
    }

    /** Returns a number, or what auto stands for. */
    static int parse(CommandSpec spec, String text) {
        try {
            return ThreadCount.parse(text, "--threads");
        } catch (ThreadCountException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}
