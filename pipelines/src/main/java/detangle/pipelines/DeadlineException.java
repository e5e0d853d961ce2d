package detangle.pipelines;

import detangle.ir.DeviceException;

/**
 * The exception for a text that was not answered in the time that {@link Deadline} or {@link DynamicBatching} allows.
 */
public final class DeadlineException extends DeviceException {
    private static final long serialVersionUID = 1L;

    DeadlineException(String message) {
        super(message);
    }
}
