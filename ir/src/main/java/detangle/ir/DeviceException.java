package detangle.ir;

/** What the work needs has failed, is absent or is busy: a device, memory, a disk, the network. */
public abstract non-sealed class DeviceException extends DetangleException {
    private static final long serialVersionUID = 1L;

    protected DeviceException(String message) {
        super(message);
    }

    protected DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
