package detangle.cli;

import detangle.ir.InvalidInputException;
import java.io.PrintWriter;
import java.io.StringWriter;

/** The command line inside of a process: what it says on standard error becomes an exception. */
public final class CommandRun {
    private static final String PREFIX = "detangle: ";

    private CommandRun() {}

    /** A command that fails, in its own words. */
    private static final class Failed extends InvalidInputException {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    /** Runs a command; an exception that blames its files if it fails, and another if it blames itself. */
    public static void of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
        System.out.print(out);
        String said = err.toString().strip();
        if (status == 0) {
            System.out.println(said);
            return;
        }
        if (!said.startsWith(PREFIX)
                || said.startsWith(PREFIX + "internal error")
                || said.lines().count() != 1) {
            throw new IllegalStateException("status " + status + ": " + said);
        }
        throw new Failed(said.substring(PREFIX.length()));
    }
}
