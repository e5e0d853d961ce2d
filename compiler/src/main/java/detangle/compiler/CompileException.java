package detangle.compiler;

import detangle.ir.InvalidModelException;

/** A program cannot be compiled; the message says why, and what to do. */
public final class CompileException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public CompileException(String message) {
        super(message);
    }

    CompileException(String message, Throwable cause) {
        super(message, cause);
    }
}
