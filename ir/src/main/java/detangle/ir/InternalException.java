package detangle.ir;

/** Detangle itself is wrong: no input and no model should lead here. */
public final class InternalException extends DetangleException {
    private static final long serialVersionUID = 1L;

    public InternalException(String message) {
        super(message);
    }

    public InternalException(String message, Throwable cause) {
        super(message, cause);
    }
}
