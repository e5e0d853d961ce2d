package detangle.hub;

import detangle.ir.DeviceException;

/** A model that cannot be had from the hub or its cache. One line that says what to do. */
public final class HubException extends DeviceException {
    private static final long serialVersionUID = 1L;

    HubException(String message) {
        super(message);
    }

    HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
