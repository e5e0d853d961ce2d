package detangle.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.regex.Pattern;

/**
 * Answers browsers that ask on behalf of a page of another site, if {@link Sites} allows the site: the CORS protocol of
 * the Fetch standard (fetch.spec.whatwg.org, 3.3).
 */
final class CrossOrigin {
    private static final HeaderName ALLOW_PRIVATE_NETWORK = HeaderNames.create("Access-Control-Allow-Private-Network");
    private static final HeaderName REQUEST_PRIVATE_NETWORK =
            HeaderNames.create("Access-Control-Request-Private-Network");

    /**
     * The content that {@code Access-Control-Request-Headers} may have: names of headers, with commas and spaces
     * between them.
     */
    private static final Pattern NAMES = Pattern.compile("[-!#$%&'*+.^_`|~0-9A-Za-z, \t]{1,2000}");

    private CrossOrigin() {}

    /** Sets the headers that let a browser show an answer to a page of another site. */
    static void share(ServerResponse response, String origin) {
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                .header(HeaderNames.VARY, "Origin")
                .header(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, BinaryTensors.JSON_LENGTH + ", Allow, Retry-After");
    }

    /**
     * Answers a browser's question what such a page may send, if the page's site is allowed. An allowed site may send
     * any header, because clients in browsers have headers of their own.
     */
    static void answerPreflight(ServerRequest request, ServerResponse response, String methods) {
        if (!request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD)
                || !response.headers().contains(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN)) {
            return;
        }
        String headers = request.headers()
                .first(HeaderNames.ACCESS_CONTROL_REQUEST_HEADERS)
                .filter(names -> NAMES.matcher(names).matches())
                .orElse("Content-Type, Authorization, " + BinaryTensors.JSON_LENGTH);
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, methods)
                .header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, headers)
                .header(HeaderNames.ACCESS_CONTROL_MAX_AGE, "3600");
        response.header(
                HeaderNames.VARY,
                "Origin, Access-Control-Request-Method, Access-Control-Request-Headers,"
                        + " Access-Control-Request-Private-Network");
        // A page of the internet also needs this header to ask a server on a private network.
        if (request.headers()
                .first(REQUEST_PRIVATE_NETWORK)
                .filter("true"::equals)
                .isPresent()) {
            response.header(ALLOW_PRIVATE_NETWORK, "true");
        }
    }
}
