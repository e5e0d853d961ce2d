package detangle.ir;

/** A device, memory, a disk or the network, which the work needs, has failed, is absent or is busy. */
public abstract non-sealed class DeviceException extends DetangleException {
    private static final long serialVersionUID = 1L;

    protected DeviceException(String message) {
        super(message);
    }

    protected DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
