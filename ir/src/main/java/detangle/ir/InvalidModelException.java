package detangle.ir;

/** A file of the model is wrong, or a program is. No input will be answered until it is mended. */
public abstract non-sealed class InvalidModelException extends DetangleException {
    private static final long serialVersionUID = 1L;

    protected InvalidModelException(String message) {
        super(message);
    }

    protected InvalidModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
