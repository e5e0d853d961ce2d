package detangle.train.data;

import detangle.ir.InvalidInputException;

/** Data for training are not what they are said to be; the message names the file and the row. */
public final class DataException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
