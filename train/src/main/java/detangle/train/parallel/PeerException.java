package detangle.train.parallel;

import detangle.ir.DeviceException;

/**
 * Thrown where a process that trains together with this one is gone, does not answer, or is not the one that was
 * expected. What this process has computed since the last checkpoint is lost.
 */
public final class PeerException extends DeviceException {
    private static final long serialVersionUID = 1L;

    public PeerException(String message) {
        super(message);
    }

    public PeerException(String message, Throwable cause) {
        super(message, cause);
    }
}
