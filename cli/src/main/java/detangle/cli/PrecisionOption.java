package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.runtime.Backends;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options for the precision in which a backend computes, of the commands that run a model. */
final class PrecisionOption {
    private static final String AUTO = "auto";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description =
                    "${COMPLETION-CANDIDATES}: what the backend computes in; fp32 by default. auto takes bf16 where the"
                            + " processor has a matrix unit for it, and says what it took. 'detangle devices' says which"
                            + " of them each device has.")
    private String precision = ComputePrecision.FP32.toString();

    @Option(
            names = "--emulate",
            description = "Compute a precision that the processor lacks in Java, slowly, to compare its results.")
    private boolean emulates;

    /** The names that --precision takes. */
    private static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Arrays.stream(ComputePrecision.values()).map(ComputePrecision::toString), Stream.of(AUTO))
                    .iterator();
        }
    }

    /**
     * Returns the precision for a backend. It comes before a model is loaded, as {@code --emulate} is for the whole
     * JVM.
     *
     * @param backend the name that chooses it, if one is given
     */
    ComputePrecision chosen(Optional<String> backend) {
        if (emulates) {
            System.setProperty(ComputePrecision.EMULATION, "true");
        }
        if (!precision.equals(AUTO)) {
            return ComputePrecision.named(precision)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(),
                            "there is no precision '" + precision + "': choose one of "
                                    + String.join(", ", new Names())));
        }
        Device device = Backends.device(backend, Set.of());
        ComputePrecision fastest = device.fastestPrecision();
        spec.commandLine()
                .getErr()
                .println("precision: " + fastest
                        + device.matrixUnit().map(unit -> " (" + unit + ")").orElse(""));
        return fastest;
    }
}
