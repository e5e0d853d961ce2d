package detangle.cli;

import detangle.backend.ComputePrecision;
import picocli.CommandLine.Option;

/** The option for the precision in which a backend computes, of the commands that run a model. */
final class PrecisionOption {
    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "${COMPLETION-CANDIDATES}: what the backend computes in; fp32 by default. 'detangle devices' says"
                            + " which of them each device has.")
    private ComputePrecision precision = ComputePrecision.FP32;

    ComputePrecision chosen() {
        return precision;
    }
}
