package detangle.models.deberta;

import detangle.ir.InvalidInputException;

/** A loss cannot be what its options ask for; the message says what does not go together and what to change. */
public final class LossException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    /** @param fault one line */
    LossException(String fault) {
        super(fault);
    }
}
