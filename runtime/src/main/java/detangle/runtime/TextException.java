package detangle.runtime;

/** A text that a model cannot take: empty, or longer than its positions. */
public final class TextException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TextException(String message) {
        super(message);
    }
}
