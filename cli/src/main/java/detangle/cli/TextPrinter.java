package detangle.cli;

import detangle.ir.OneLine;
import java.io.PrintWriter;
import java.util.function.Supplier;

/** A line for people of each row: what labels and texts hold neither breaks it nor steers a terminal. */
final class TextPrinter extends LinePrinter {
    TextPrinter(Supplier<PrintWriter> target) {
        super(target);
    }

    @Override
    public void print(OutputRow row) {
        out().println(row.result().map(result -> OneLine.escaped(result.text())).orElse("null"));
    }
}
