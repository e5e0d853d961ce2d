package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.runtime.Backends;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options for the precision in which a backend computes, of the commands that run a model. */
final class PrecisionOption {
    static final String EMULATE =
            "Compute a precision that the processor lacks in Java, slowly, to compare its results.";

    static final String AUTO = "auto";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description = "The precision in which the backend computes: ${COMPLETION-CANDIDATES}; fp32 by default."
                    + " auto takes bf16 if the processor has a matrix unit for it, and prints its choice."
                    + " 'detangle devices' lists the precisions of each device.")
    private Optional<String> precision;

    @Option(names = "--emulate", description = EMULATE)
    private boolean emulates;

    /** The names that --precision takes. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Arrays.stream(ComputePrecision.values()).map(ComputePrecision::toString), Stream.of(AUTO))
                    .iterator();
        }
    }

    /** Returns the name that the user gives. */
    Optional<String> named() {
        return precision;
    }

    /**
     * Returns the precision for a backend. It comes before a model is loaded, as {@code --emulate} is for the whole
     * JVM.
     *
     * @param backend the name that chooses it, if one is given
     */
    ComputePrecision chosen(Optional<String> backend) {
        emulate(emulates);
        return chosen(precision.orElse(ComputePrecision.FP32.toString()), backend, spec.commandLine());
    }

    /** Lets devices compute in precisions that the processor lacks, in the whole JVM, if a user asks for it. */
    static void emulate(boolean emulates) {
        if (emulates) {
            System.setProperty(ComputePrecision.EMULATION, "true");
        }
    }

    /** Returns the precision of a name; {@code auto} asks the backend, and says what it took. */
    static ComputePrecision chosen(String name, Optional<String> backend, CommandLine command) {
        if (!name.equals(AUTO)) {
            return ComputePrecision.named(name)
                    .orElseThrow(() -> new ParameterException(
                            command,
                            "there is no precision '" + name + "': choose one of " + String.join(", ", new Names())));
        }
        Device device = Backends.device(backend, Set.of());
        ComputePrecision fastest = device.fastestPrecision();
        command.getErr()
                .println("precision: " + fastest
                        + device.matrixUnit().map(unit -> " (" + unit + ")").orElse(""));
        return fastest;
    }
}
