package detangle.train.report;

import detangle.ir.InvalidInputException;

/** A report cannot be written where it was asked for; the message names the file. */
public final class ReportException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    ReportException(String message, Throwable cause) {
        super(message, cause);
    }
}
