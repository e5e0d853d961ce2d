package detangle.cli;

import picocli.CommandLine.Option;

/** The option to pass over unused tensors, of the commands that load weights. */
final class IgnoreUnusedOption {
    @Option(
            names = "--ignore-unused",
            description = "Ignore tensors of the encoder and the head that no parameter takes; they are an error"
                    + " otherwise.")
    private boolean ignoreUnused;

    boolean isSet() {
        return ignoreUnused;
    }
}
