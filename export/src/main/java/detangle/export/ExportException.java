package detangle.export;

import detangle.ir.InvalidInputException;

/** A program cannot be written for another runtime; the message says why. */
public final class ExportException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public ExportException(String message) {
        super(message);
    }

    public ExportException(String message, Throwable cause) {
        super(message, cause);
    }
}
