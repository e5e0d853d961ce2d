package detangle.pipelines;

/** A text was not done in the time that {@link DynamicBatching} allows. */
public final class DeadlineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DeadlineException(String message) {
        super(message);
    }
}
