package detangle.compiler;

/** A program cannot be compiled; the message says why, and what to do. */
public final class CompileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CompileException(String message) {
        super(message);
    }
}
