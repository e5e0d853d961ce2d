package detangle.train.data;

import detangle.ir.DeviceException;

/** Thrown where the file of a corpus cannot be read or written; the message names it and says why. */
public final class CorpusException extends DeviceException {
    private static final long serialVersionUID = 1L;

    CorpusException(String message, Throwable cause) {
        super(message, cause);
    }
}
