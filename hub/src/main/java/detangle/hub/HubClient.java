package detangle.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.Optional;

/**
 * Requests to a hub. {@link HttpURLConnection} is used, as it alone limits how long the next bytes of a body may take; redirects
 * are followed by hand, as the token must not follow them to another host.
 */
final class HubClient {
    private static final int MAX_REDIRECTS = 5;

    private final HubOptions options;

    HubClient(HubOptions options) {
        this.options = options;
    }

    /** An answer; its body must be closed. */
    record Answer(URI uri, int status, HttpURLConnection connection) implements AutoCloseable {
        Optional<String> header(String name) {
            return Optional.ofNullable(connection.getHeaderField(name));
        }

        boolean isRedirect() {
            return status / 100 == 3
                    && status != HttpURLConnection.HTTP_NOT_MODIFIED
                    && header("Location").isPresent();
        }

        InputStream body() throws IOException {
            return connection.getInputStream();
        }

        @Override
        public void close() {
            connection.disconnect();
        }
    }

    /** A path of the hub: a slash, and what needs no escaping. */
    URI at(String path) {
        return URI.create(options.endpoint() + path);
    }

    /** The first answer that is not a redirect. */
    Answer get(URI uri, Map<String, String> headers) throws IOException {
        return follow("GET", uri, headers, true);
    }

    /** What the hub says of a file: redirects to where its bytes are stored are not followed, only those to another name. */
    Answer head(URI uri) throws IOException {
        return follow("HEAD", uri, Map.of(), false);
    }

    private Answer follow(String method, URI uri, Map<String, String> headers, boolean elsewhere) throws IOException {
        URI next = uri;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            Answer answer = send(method, next, headers);
            if (!answer.isRedirect()) {
                return answer;
            }
            URI target = target(next, answer.header("Location").orElseThrow());
            if (!elsewhere && !isSameHost(target, next)) {
                return answer;
            }
            answer.close();
            next = target;
        }
        throw new HubException(uri + " is redirected more than " + MAX_REDIRECTS + " times");
    }

    private static URI target(URI from, String location) {
        URI target;
        try {
            target = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new HubException(from + " is redirected to '" + location + "', which is no address", e);
        }
        boolean web = "https".equals(target.getScheme()) || "http".equals(target.getScheme());
        if (!web || "https".equals(from.getScheme()) && !"https".equals(target.getScheme())) {
            throw new HubException(from + " is redirected to " + target + ", which is not safe to follow");
        }
        return target;
    }

    private static boolean isSameHost(URI a, URI b) {
        return a.getScheme().equals(b.getScheme()) && a.getAuthority().equalsIgnoreCase(b.getAuthority());
    }

    private Answer send(String method, URI uri, Map<String, String> headers) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(options.proxy(uri));
        int timeout = Math.toIntExact(options.timeout().toMillis());
        connection.setConnectTimeout(timeout);
        connection.setReadTimeout(timeout);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestMethod(method);
        // Sizes and ranges are those of the file, not of a compressed copy.
        connection.setRequestProperty("Accept-Encoding", "identity");
        connection.setRequestProperty(
                "User-Agent", "detangle; java/" + Runtime.version().feature());
        headers.forEach(connection::setRequestProperty);
        if (isSameHost(uri, options.endpoint())) {
            options.token().ifPresent(t -> connection.setRequestProperty("Authorization", "Bearer " + t));
        }
        return new Answer(uri, connection.getResponseCode(), connection);
    }
}
