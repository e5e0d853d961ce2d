package detangle.backend;

import detangle.ir.InvalidModelException;

/** A program's constant holds numbers that are none, or infinite ones; a device that notices refuses to load it. */
public final class NotFiniteException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    /** @param constant its name in the program */
    public NotFiniteException(String constant) {
        super("'" + constant + "' holds NaN or infinity: the weights are damaged, or their training has diverged");
    }
}
