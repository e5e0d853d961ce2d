package detangle.pipelines;

import detangle.ir.InvalidInputException;

/**
 * A pipeline cannot do what it is asked: a text is empty or too long, or a model has another head. One line that says
 * what to do.
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
