package detangle.bench;

import detangle.ir.InvalidInputException;

/** A measurement cannot be made; the message says why and what to do. */
public final class BenchException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public BenchException(String message) {
        super(message);
    }

    public BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
