package detangle.pipelines;

/** More texts wait than {@link DynamicBatching} allows: try again later. */
public final class OverloadedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OverloadedException(String message) {
        super(message);
    }
}
