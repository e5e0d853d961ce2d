package detangle.train;

import detangle.ir.InvalidInputException;

/**
 * Thrown where training cannot begin or go on because of an option, the data, or a loss that is not a number. The
 * message says which, at which update, and what to do.
 */
public final class TrainingException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public TrainingException(String message) {
        super(message);
    }

    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}
