package detangle.backend.vector.kernel;

import detangle.ir.InvalidInputException;

/** A system property asks for kernels that do not exist; the message names the property and says what it can be. */
public final class KernelPropertyException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    KernelPropertyException(String message) {
        super(message);
    }
}
