package detangle.train.optimizer;

import detangle.ir.InvalidInputException;

/**
 * Thrown where an option of an optimizer, a schedule or a loss scaler is wrong; the message says which and what it may
 * be.
 */
public final class OptimizerException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public OptimizerException(String message) {
        super(message);
    }
}
