package detangle.ir;

/** A node or program that breaks a constraint of the IR; the message carries the constraint's label. */
public final class IrException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public IrException(String message) {
        super(message);
    }
}
