package detangle.pipelines;

import detangle.ir.DeviceException;

/**
 * The exception for a call when more texts wait than {@link DynamicBatching} allows. The caller may try again later.
 */
public final class OverloadedException extends DeviceException {
    private static final long serialVersionUID = 1L;

    OverloadedException(String message) {
        super(message);
    }
}
