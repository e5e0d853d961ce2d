package detangle.server;

import detangle.ir.OneLine;

/**
 * An error that a request is answered with: a status of HTTP, a type as text-embeddings-inference has them, and a
 * message.
 */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;

    private ApiException(int status, String type, String message) {
        super(OneLine.of(message));
        this.status = status;
        this.type = type;
    }

    /** Returns the error 422: a value or a field of the request is wrong. */
    static ApiException validation(String message) {
        return new ApiException(422, "Validation", message);
    }

    /** Returns the error 400: the body is not well-formed JSON, or its tensors are not well formed. */
    static ApiException malformed(String message) {
        return new ApiException(400, "Validation", message);
    }

    /** Returns the error 413: the request has more of something than is allowed. */
    static ApiException tooLarge(String message) {
        return new ApiException(413, "Validation", message);
    }

    static ApiException notFound(String message) {
        return new ApiException(404, "Validation", message);
    }

    /** Returns the error 405: the path is known and does not have the method. */
    static ApiException methodNotAllowed(String message) {
        return new ApiException(405, "Validation", message);
    }

    static ApiException unauthorized() {
        return new ApiException(401, "Unauthorized", "send Authorization: Bearer KEY with the server's API key");
    }

    /** Returns the error 403: a page of another site may not send this request through a browser. */
    static ApiException forbidden(String message) {
        return new ApiException(403, "Forbidden", message);
    }

    /** Returns the error 415: the body has a type that the server does not read. */
    static ApiException unsupported(String message) {
        return new ApiException(415, "Validation", message);
    }

    /** Returns the error 503: the server is being stopped. */
    static ApiException stopping() {
        return new ApiException(503, "Overloaded", "the server is being stopped");
    }

    /** Returns the error 503: memory has run out. */
    static ApiException outOfMemory() {
        return new ApiException(
                503, "Overloaded", "the server does not have enough memory for this now: try again later");
    }

    /** Returns the error 429: too many texts wait already. */
    static ApiException overloaded(String message) {
        return new ApiException(429, "Overloaded", message);
    }

    static ApiException deadline(String message) {
        return new ApiException(504, "Overloaded", message);
    }

    /** Returns the error 424: the model does not do the task. */
    static ApiException backend(String message) {
        return new ApiException(424, "Backend", message);
    }

    /** Returns the error 500: the model or the device is at fault. */
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
