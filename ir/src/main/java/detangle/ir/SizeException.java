package detangle.ir;

/**
 * Sizes that no tensor has: they overflow, have too many axes or terms, or depend on a symbol that nothing gives a
 * size.
 */
public final class SizeException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public SizeException(String message) {
        super(message);
    }
}
