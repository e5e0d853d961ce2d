package detangle.backend;

import detangle.ir.InvalidModelException;

/** A program's constant holds NaN or infinite numbers; a device that notices them refuses to load the program. */
public final class NotFiniteConstantException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    private final String constant;

    /** @param constant its name in the program */
    public NotFiniteConstantException(String constant) {
        super("'" + constant + "' holds NaN or infinity: the weights are damaged, or their training has diverged");
        this.constant = constant;
    }

    /** Returns the constant's name in the program. */
    public String constant() {
        return constant;
    }
}
