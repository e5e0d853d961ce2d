package detangle.cli;

import detangle.ir.OneLine;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.RunLast;
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
            RedactCommand.class,
            QuestionAnsweringCommand.class,
            FillMaskCommand.class,
            FeatureExtractionCommand.class,
            TextRankingCommand.class,
            BertScoreCommand.class,
            MultipleChoiceCommand.class,
            ReplacedTokenCommand.class,
            TrainCommand.class,
            ExperimentCommand.class,
            EvaluateCommand.class,
            PredictCommand.class,
            PrepareCorpusCommand.class,
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
            DevicesCommand.class,
            CompletionCommand.class,
            HelpCommand.class
        })
public final class Main implements Runnable {
    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Print the stack trace of a failure, which is one line otherwise.")
    private boolean verbose;

    /** Held here, as the logging system forgets loggers that nobody holds. */
    private static final Logger TALKATIVE = Logger.getLogger("dev.hardwood");

    /** The HTTP library's log. The server says in one line what the library says of a failure. */
    private static final Logger WEB = Logger.getLogger("io.helidon");

    private Main() {}

    /** Runs the command named by {@code args} and exits with its status: 0, 1 for failure, 2 for wrong use. */
    public static void main(String[] args) {
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.setFormatter(new LogLine());
        }
        // Libraries that tell what graphics cards and vectors they find, which is nothing to the user.
        TALKATIVE.setLevel(Level.SEVERE);
        WEB.setLevel(Level.OFF);
        // Not System.out, which forgets that a write failed.
        OutputStream standard = new FileOutputStream(FileDescriptor.out);
        PrintWriter out = Boolean.getBoolean("detangle.terminal.output")
                ? CheckedWriter.terminal("standard output", standard)
                : CheckedWriter.printer("standard output", standard);
        // What cannot be said on standard error changes no answer.
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        Optional<String> unreadable = ArgumentBytes.fault(args.length);
        unreadable.ifPresent(fault -> err.println("detangle: " + fault));
        System.exit(unreadable.isPresent() ? CommandLine.ExitCode.USAGE : run(out, err, args));
    }

    /**
     * Runs a command, and returns its exit status once all its output is written.
     *
     * @param out throws an {@link OutputException} where it cannot be written
     */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return run(out, err, System.getenv(), args);
    }

    static int run(PrintWriter out, PrintWriter err, Map<String, String> environment, String... args) {
        try {
            int status = execute(out, err, environment, args);
            out.flush();
            return status;
        } catch (OutputException e) {
            return lost(e, err);
        } catch (OutOfMemoryError e) {
            err.println("detangle: there is not enough memory: give the JVM more than "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB, as with DETANGLE_JAVA_OPTS=-Xmx8g, or run less at once");
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    /** Returns the status of a command whose output cannot be written. */
    private static int lost(OutputException e, PrintWriter err) {
        if (e.readerGone()) {
            return OutputException.READER_GONE;
        }
        err.println("detangle: " + e.getMessage());
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** Returns all commands with their options. */
    static CommandLine commands() {
        return commands(System.getenv());
    }

    static CommandLine commands(Map<String, String> environment) {
        return commands(new Main(), environment);
    }

    private static CommandLine commands(Main main, Map<String, String> environment) {
        CommandLine line = new CommandLine(main)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false); // A text that begins with @ is a text, and not the name of a file of options.
        line.getSubcommands()
                .values()
                .forEach(command -> command.getCommandSpec().versionProvider(new Version()));
        OptionVariables.addTo(line.getSubcommands().get("serve"), environment);
        // Later options replace earlier ones, as in Python's argparse; a preset's options come first.
        line.getSubcommands().get("experiment").getCommandSpec().parser().overwrittenOptionsAllowed(true);
        return line;
    }

    private static int execute(PrintWriter out, PrintWriter err, Map<String, String> environment, String... args) {
        Main main = new Main();
        CommandLine line = commands(main, environment).setOut(out).setErr(err);
        line.setParameterExceptionHandler((e, given) -> {
            err.println("detangle: " + OneLine.of(WrongUse.message(e)));
            return CommandLine.ExitCode.USAGE;
        });
        line.setExecutionStrategy(parsed -> {
            try {
                return new RunLast().execute(parsed);
            } catch (OutputException e) { // Of --help and --version, which no handler is called for.
                return lost(e, err);
            }
        });
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof OutputException output) {
                return lost(output, err);
            }
            err.println("detangle: " + OptionVariables.named(Failures.message(e), command));
            if (main.verbose) {
                e.printStackTrace(err);
            }
            return CommandLine.ExitCode.SOFTWARE;
        });
        return line.execute(OptionSpelling.withDashes(line, args));
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(new CommandLine(this), "name a command, such as classify");
    }
}
