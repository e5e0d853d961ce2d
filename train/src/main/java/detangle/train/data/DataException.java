package detangle.train.data;

import detangle.ir.InvalidInputException;

/** Thrown where data for training are wrong; the message names the file and the row. */
public final class DataException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
