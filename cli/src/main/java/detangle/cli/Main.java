package detangle.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** Entry point of the {@code detangle} command. */
@Command(
        name = "detangle",
        description = "Compiles DeBERTa models and runs them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            ClassifyCommand.class,
            ZeroShotCommand.class,
            TokenClassificationCommand.class,
            ExtractCommand.class,
            QuestionAnsweringCommand.class,
            FillMaskCommand.class,
            FeatureExtractionCommand.class,
            TextRankingCommand.class,
            MultipleChoiceCommand.class,
            ReplacedTokenCommand.class,
            ServeCommand.class,
            RunCommand.class,
            TokenizeCommand.class,
            InspectCommand.class,
            CompileCommand.class,
            VerifyCommand.class,
            ExportCommand.class,
            BenchCommand.class,
            DumpIrCommand.class,
            OptCommand.class,
            DevicesCommand.class
        })
public final class Main implements Runnable {
    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Print stack traces of failures, which are one line otherwise.")
    private boolean verbose;

    /** Held here, as the logging system forgets loggers that nobody holds. */
    private static final List<Logger> TALKATIVE = List.of(Logger.getLogger("ai.djl"), Logger.getLogger("dev.hardwood"));

    /** What it says of a failure, the server says in one line. */
    private static final Logger WEB = Logger.getLogger("io.helidon");

    private Main() {}

    /** Runs the command named by {@code args} and exits with its status: 0, 1 for failure, 2 for wrong use. */
    public static void main(String[] args) {
        // One line for a message, as for everything else that goes to stderr.
        System.setProperty("java.util.logging.SimpleFormatter.format", "detangle: %5$s%n");
        // Libraries that tell what graphics cards and vectors they find, which is nothing to the user.
        TALKATIVE.forEach(logger -> logger.setLevel(Level.SEVERE));
        WEB.setLevel(Level.OFF);
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int status = run(out, err, args);
        out.flush();
        System.exit(status);
    }

    /** Runs a command with its output to these writers, and returns its exit status. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine line = new CommandLine(main).setOut(out).setErr(err);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, given) -> {
            err.println("detangle: " + e.getMessage() + "; see detangle "
                    + (e.getCommandLine().getParent() == null
                            ? ""
                            : e.getCommandLine().getCommandName() + " ")
                    + "--help");
            return CommandLine.ExitCode.USAGE;
        });
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            err.println("detangle: " + Failures.message(e));
            if (main.verbose) {
                e.printStackTrace(err);
            }
            return CommandLine.ExitCode.SOFTWARE;
        });
        return line.execute(args);
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(new CommandLine(this), "name a command, such as classify");
    }
}
