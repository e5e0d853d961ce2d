package detangle.server;

import detangle.ir.OneLine;

/** A request that is answered with an error; the types are those of text-embeddings-inference. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;

    private ApiException(int status, String type, String message) {
        super(OneLine.of(message));
        this.status = status;
        this.type = type;
    }

    /** The request makes no sense. */
    static ApiException validation(String message) {
        return new ApiException(422, "Validation", message);
    }

    /** The body is not JSON. */
    static ApiException malformed(String message) {
        return new ApiException(400, "Validation", message);
    }

    /** There is more of something than is allowed. */
    static ApiException tooLarge(String message) {
        return new ApiException(413, "Validation", message);
    }

    static ApiException notFound(String message) {
        return new ApiException(404, "Validation", message);
    }

    /** The path is known, and the method is not one of its own. */
    static ApiException methodNotAllowed(String message) {
        return new ApiException(405, "Validation", message);
    }

    static ApiException unauthorized() {
        return new ApiException(401, "Unauthorized", "send Authorization: Bearer KEY with the server's API key");
    }

    /** A browser may not ask this on behalf of a page. */
    static ApiException forbidden(String message) {
        return new ApiException(403, "Forbidden", message);
    }

    /** The body is of a type that is not understood. */
    static ApiException unsupported(String message) {
        return new ApiException(415, "Validation", message);
    }

    /** The server ends. */
    static ApiException stopping() {
        return new ApiException(503, "Overloaded", "the server is being stopped");
    }

    /** Memory has run out. */
    static ApiException outOfMemory() {
        return new ApiException(
                503, "Overloaded", "the server does not have enough memory for this now: try again later");
    }

    /** Too much waits already. */
    static ApiException overloaded(String message) {
        return new ApiException(429, "Overloaded", message);
    }

    static ApiException deadline(String message) {
        return new ApiException(504, "Overloaded", message);
    }

    /** Returns the refusal of a task that the model does not do. */
    static ApiException backend(String message) {
        return new ApiException(424, "Backend", message);
    }

    /** The model or the device is at fault. */
    static ApiException broken(String message) {
        return new ApiException(500, "Backend", message);
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }
}
