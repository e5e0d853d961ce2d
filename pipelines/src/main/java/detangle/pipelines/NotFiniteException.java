package detangle.pipelines;

import detangle.ir.InvalidModelException;

/**
 * The exception for an answer that is not a finite number, because weights are damaged or computing with them
 * overflows. Its message is one line that names the text, and the tensor at fault if there is one.
 */
public final class NotFiniteException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    /** @param message one line that names the text */
    public NotFiniteException(String message) {
        super(message);
    }
}
