package detangle.pipelines;

import detangle.ir.DeviceException;

/** A text was not done in the time that {@link DynamicBatching} allows. */
public final class DeadlineException extends DeviceException {
    private static final long serialVersionUID = 1L;

    DeadlineException(String message) {
        super(message);
    }
}
