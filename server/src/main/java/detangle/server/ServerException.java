package detangle.server;

import detangle.ir.InvalidInputException;

/** A server that cannot be started. One line that says what to do. */
public final class ServerException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    ServerException(String message) {
        super(message);
    }
}
