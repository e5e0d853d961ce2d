package detangle.cli;

import detangle.backend.ComputePrecision;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options for the precisions that bench compares. */
final class PrecisionsOption {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--precision",
            split = ",",
            paramLabel = "NAME",
            completionCandidates = PrecisionOption.Names.class,
            description = "The precisions in which each backend computes, one after another:"
                    + " ${COMPLETION-CANDIDATES}; fp32 by default. auto takes bf16 if the processor has a matrix"
                    + " unit for it. Other precisions than fp32 are printed with their error against the CPU in"
                    + " fp32.")
    private List<String> names = List.of(ComputePrecision.FP32.toString());

    @Option(names = "--emulate", description = PrecisionOption.EMULATE)
    private boolean emulates;

    /** Returns whether nothing else than fp32 is asked for. */
    boolean areDefault() {
        return names.equals(List.of(ComputePrecision.FP32.toString())) && !emulates;
    }

    /** Returns each precision once, in the order of their names. Processes that are started emulate as this one does. */
    List<ComputePrecision> chosen(List<String> backends) {
        PrecisionOption.emulate(emulates);
        if (names.contains(PrecisionOption.AUTO) && backends.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--precision auto is that of one backend: name the precisions of several");
        }
        return names.stream()
                .map(name -> PrecisionOption.chosen(name, Optional.of(backends.getFirst()), spec.commandLine()))
                .distinct()
                .toList();
    }
}
