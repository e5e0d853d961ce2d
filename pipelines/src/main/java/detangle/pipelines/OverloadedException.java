package detangle.pipelines;

import detangle.ir.DeviceException;

/** More texts wait than {@link DynamicBatching} allows: try again later. */
public final class OverloadedException extends DeviceException {
    private static final long serialVersionUID = 1L;

    OverloadedException(String message) {
        super(message);
    }
}
