package detangle.models.weights;

/** A pickle that is damaged, or asks for more than data; the message says what. */
final class PickleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PickleException(String message) {
        super(message);
    }
}
