package detangle.backend.processor;

import detangle.ir.InvalidInputException;

/** A number of threads is asked for that cannot be; the message says what can. */
public final class ThreadCountException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    ThreadCountException(String message) {
        super(message);
    }
}
