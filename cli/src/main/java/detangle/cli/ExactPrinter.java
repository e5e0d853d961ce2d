package detangle.cli;

import java.io.PrintWriter;
import java.util.function.Supplier;

/**
 * Texts as they are, with the line ends that they bring along: what is printed of a file is a file of the same lines.
 */
final class ExactPrinter extends LinePrinter {
    ExactPrinter(Supplier<PrintWriter> target) {
        super(target);
    }

    @Override
    public void print(OutputRow row) {
        row.result().ifPresentOrElse(result -> out().print(result.text()), () -> out().println("null"));
    }
}
