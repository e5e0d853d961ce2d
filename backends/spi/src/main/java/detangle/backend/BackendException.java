package detangle.backend;

import detangle.ir.DeviceException;

/** A device cannot load or run a program; the message says what and what to do. */
public final class BackendException extends DeviceException {
    private static final long serialVersionUID = 1L;

    public BackendException(String message) {
        super(message);
    }

    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}
