package detangle.ir;

/** An option, a text or an input of a run is wrong. The same model answers other inputs. */
public abstract non-sealed class InvalidInputException extends DetangleException {
    private static final long serialVersionUID = 1L;

    protected InvalidInputException(String message) {
        super(message);
    }

    protected InvalidInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
