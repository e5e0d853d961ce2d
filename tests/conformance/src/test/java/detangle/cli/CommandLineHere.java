package detangle.cli;

import java.io.PrintWriter;

/** Runs the command line inside of the tests' process; the command's own entry ends the process that it runs in. */
public final class CommandLineHere {
    private CommandLineHere() {}

    /** Runs a command, and returns its exit status. */
    public static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return Main.run(out, err, arguments);
    }
}
