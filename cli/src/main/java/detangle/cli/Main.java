package detangle.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the {@code detangle} command. */
@Command(
        name = "detangle",
        description = "Compiles DeBERTa models and runs them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class Main {
    private Main() {}

    /** Runs the command named by {@code args} and exits with its status: 0, 1 for failure, 2 for wrong use. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }
}
