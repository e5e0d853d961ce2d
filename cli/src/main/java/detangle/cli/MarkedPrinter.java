package detangle.cli;

import detangle.ir.OneLine;
import java.io.PrintWriter;
import java.util.function.Supplier;

/**
 * A line of each row: its text with what was found in brackets. Line breaks and control characters are escaped, as
 * backslashes are.
 */
final class MarkedPrinter extends LinePrinter {
    MarkedPrinter(Supplier<PrintWriter> target) {
        super(target);
    }

    @Override
    public void print(OutputRow row) {
        out().println(row.result().flatMap(Result::marked).map(OneLine::escaped).orElse("null"));
    }
}
