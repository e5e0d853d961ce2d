package detangle.backend;

import detangle.ir.DeviceException;

/**
 * Values have passed the range of the type that a device keeps them in, so that an output is not finite; the message
 * names the output and the precisions that have the range.
 */
public final class OutOfRangeException extends DeviceException {
    private static final long serialVersionUID = 1L;

    public OutOfRangeException(String message) {
        super(message);
    }
}
