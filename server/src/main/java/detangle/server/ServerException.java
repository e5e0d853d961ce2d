package detangle.server;

import detangle.ir.InvalidInputException;

/** The exception for a server that cannot be started. Its message is one line that says what to do. */
public final class ServerException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    ServerException(String message) {
        super(message);
    }
}
