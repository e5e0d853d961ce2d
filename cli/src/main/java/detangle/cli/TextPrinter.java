package detangle.cli;

import java.io.PrintWriter;
import java.util.function.Supplier;

/** A line for people of each row. */
final class TextPrinter extends LinePrinter {
    TextPrinter(Supplier<PrintWriter> target) {
        super(target);
    }

    @Override
    public void print(OutputRow row) {
        out().println(row.result().map(Result::text).orElse("null"));
    }
}
