package detangle.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sends answers with the headers that all answers have, which keep browsers from misreading them, and errors as JSON.
 */
final class Responses {
    static final String JSON = "application/json";

    /** The seconds after which a client may try again that was refused because of too much load. */
    private static final String RETRY_AFTER = "1";

    private static final Map<HeaderName, String> HEADERS_OF_ALL_ANSWERS = always();

    private Responses() {}

    private static Map<HeaderName, String> always() {
        Map<HeaderName, String> headers = new LinkedHashMap<>();
        headers.put(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        headers.put(HeaderNames.create("X-Frame-Options"), "DENY");
        headers.put(HeaderNames.create("Referrer-Policy"), "no-referrer");
        headers.put(HeaderNames.create("Cross-Origin-Resource-Policy"), "same-origin");
        return headers;
    }

    /** Sets the headers that every answer has. */
    static void prepare(ServerResponseHeaders headers) {
        HEADERS_OF_ALL_ANSWERS.forEach((name, value) -> headers.set(HeaderValues.create(name, value)));
    }

    /** Sends JSON, or only the headers if the method is HEAD. */
    static void json(ServerRequest request, ServerResponse response, int status, Object body) {
        send(request, response, status, JSON, Json.bytes(body));
    }

    /** Sends an error. If the reason is too much load, the answer says when the client may try again. */
    static void error(ServerRequest request, ServerResponse response, int status, Object body) {
        if (status == 429 || status == 503) {
            response.header(HeaderNames.RETRY_AFTER, RETRY_AFTER);
        }
        json(request, response, status, body);
    }

    static void send(ServerRequest request, ServerResponse response, int status, String type, byte[] body) {
        prepare(response.headers());
        if (request.headers().containsToken(HeaderValues.EXPECT_100)
                && !request.content().consumed()) {
            // The client waits before it sends the body and will not send it now, so the next bytes are not a body.
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        response.status(Status.create(status)).header(HeaderNames.CONTENT_TYPE, type);
        if (request.prologue().method() == Method.HEAD) {
            response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
                    .send();
        } else {
            response.send(body);
        }
    }

    /** Returns the body of an error. */
    static Map<String, Object> error(String type, String message) {
        return Json.of("error", message, "error_type", type);
    }

    /** Returns the bytes of a whole answer with an error, after which the connection is closed. */
    static byte[] refused(int status, String type, String message) {
        byte[] body = Json.bytes(error(type, message));
        StringBuilder head = new StringBuilder();
        head.append("HTTP/1.1 ").append(Status.create(status)).append("\r\n");
        head.append("Content-Type: " + JSON + "\r\nContent-Length: ")
                .append(body.length)
                .append("\r\n");
        if (status == 503) {
            head.append("Retry-After: " + RETRY_AFTER + "\r\n");
        }
        HEADERS_OF_ALL_ANSWERS.forEach((name, value) ->
                head.append(name.defaultCase()).append(": ").append(value).append("\r\n"));
        head.append("Connection: close\r\n\r\n").append(new String(body, StandardCharsets.UTF_8));
        return head.toString().getBytes(StandardCharsets.UTF_8);
    }
}
