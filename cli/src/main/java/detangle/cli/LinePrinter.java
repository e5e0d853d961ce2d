package detangle.cli;

import java.io.PrintWriter;
import java.util.function.Supplier;

/** A printer of characters, whose target is opened by the first of them. */
abstract class LinePrinter implements ResultPrinter {
    private final Supplier<PrintWriter> target;
    private PrintWriter out;

    LinePrinter(Supplier<PrintWriter> target) {
        this.target = target;
    }

    final PrintWriter out() {
        if (out == null) {
            out = target.get();
        }
        return out;
    }

    @Override
    public final void flush() {
        if (out != null) {
            out.flush();
        }
    }

    @Override
    public void end() {
        out();
    }

    @Override
    public final void close() {
        if (out != null) {
            out.close();
        }
    }
}
