package detangle.pipelines.schema;

import detangle.ir.InvalidInputException;

/**
 * The exception for a schema that is not valid, or that a model does not support. Its message is one line that names
 * the part at fault and says what to do.
 */
public final class SchemaException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    /** @param message one line */
    public SchemaException(String message) {
        super(message);
    }

    /** @param message one line */
    public SchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
