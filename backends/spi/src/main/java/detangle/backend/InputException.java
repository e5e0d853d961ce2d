package detangle.backend;

import detangle.ir.InvalidInputException;

/** The inputs of a run do not fit the program; the message names the input and the fault. */
public final class InputException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }
}
