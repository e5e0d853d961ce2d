package detangle.ir;

/**
 * The root of every exception that Detangle throws on purpose, by whose fault it is. Whoever needs no more than that
 * catches these four kinds; each module has exceptions of its own that extend one of them. The message is one clean
 * line (see {@link OneLine}) that names the file or the input at fault, so it can be shown as it is.
 *
 * <p>Misuse of the API that no input causes, such as running what is closed, stays an {@link IllegalStateException} or
 * an {@link IllegalArgumentException}.
 */
public abstract sealed class DetangleException extends RuntimeException
        permits InvalidInputException, InvalidModelException, DeviceException, InternalException {
    private static final long serialVersionUID = 1L;

    /** @param message may hold whatever a file holds */
    DetangleException(String message) {
        super(OneLine.of(message));
    }

    /** @param message may hold whatever a file holds */
    DetangleException(String message, Throwable cause) {
        super(OneLine.of(message), cause);
    }
}
