package detangle.cli;

import detangle.ir.OneLine;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** A warning as everything that goes to standard error: one line, whatever the files hold that it speaks of. */
final class LogLine extends Formatter {
    @Override
    public String format(LogRecord record) {
        return "detangle: " + OneLine.of(formatMessage(record)) + System.lineSeparator();
    }
}
