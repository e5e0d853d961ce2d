package detangle.pipelines;

import detangle.ir.InvalidInputException;

/**
 * The exception for a request that a pipeline cannot answer: a text is empty or too long, or a model has another head.
 * Its message is one line that says what to do.
 */
public final class PipelineException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    /** @param message one line */
    public PipelineException(String message) {
        super(message);
    }

    /** @param message one line */
    public PipelineException(String message, Throwable cause) {
        super(message, cause);
    }
}
