package detangle.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/**
 * Requests to a hub. {@link HttpURLConnection} is used, as it alone limits how long the next bytes of a body may take;
 * redirects are followed by hand, as the token must not follow them to another host.
 */
final class HubClient {
    static final int MAX_PORT = 65535;

    private static final int MAX_REDIRECTS = 10;

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

        boolean isSuccess() {
            return status / 100 == 2;
        }

        /** Returns whether the body is a compressed one, though none was asked for. */
        boolean isEncoded() {
            return header("Content-Encoding")
                    .filter(e -> !e.isBlank() && !e.strip().equalsIgnoreCase("identity"))
                    .isPresent();
        }

        /** Returns the bytes of the body, where they are told and are those of the file. */
        OptionalLong length() {
            return isEncoded() ? OptionalLong.empty() : bytes(header("Content-Length"));
        }

        /**
         * Returns whether the end of the body can be told from a connection that breaks off, though no length is told.
         */
        boolean marksItsEnd() {
            return isEncoded()
                    || header("Transfer-Encoding")
                            .filter(e -> e.strip().toLowerCase(Locale.ROOT).endsWith("chunked"))
                            .isPresent();
        }

        /** Returns the body, as it was before it was compressed. */
        InputStream body() throws IOException {
            InputStream body = connection.getInputStream();
            if (!isEncoded()) {
                return body;
            }
            String encoding = header("Content-Encoding").orElseThrow().strip();
            if (!encoding.equalsIgnoreCase("gzip") && !encoding.equalsIgnoreCase("x-gzip")) {
                throw new HubException(uri + " answers in the encoding " + encoding + ", which was not asked for");
            }
            return new GZIPInputStream(body);
        }

        @Override
        public void close() {
            connection.disconnect();
        }
    }

    Duration timeout() {
        return options.timeout();
    }

    /** Returns a path of the hub: a slash, and what needs no escaping. */
    URI at(String path) {
        return URI.create(options.endpoint() + path);
    }

    /** Returns the number of bytes that a header tells. */
    static OptionalLong bytes(Optional<String> header) {
        return header.map(String::strip)
                .filter(s -> s.matches("[0-9]{1,18}"))
                .map(s -> OptionalLong.of(Long.parseLong(s)))
                .orElse(OptionalLong.empty());
    }

    /** Returns the first answer that is not a redirect. */
    Answer get(URI uri, Map<String, String> headers) throws IOException {
        return follow("GET", uri, headers, answer -> !answer.isRedirect());
    }

    /** Returns the first answer that is enough, or that is not a redirect; to this host or to another one. */
    Answer head(URI uri, Predicate<Answer> enough) throws IOException {
        return follow("HEAD", uri, Map.of(), enough);
    }

    private Answer follow(String method, URI uri, Map<String, String> headers, Predicate<Answer> enough)
            throws IOException {
        URI next = uri;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            Answer answer = send(method, next, headers);
            if (enough.test(answer) || !answer.isRedirect()) {
                return answer;
            }
            answer.close();
            next = target(next, answer.header("Location").orElseThrow());
        }
        throw new HubException(uri + " is redirected more than " + MAX_REDIRECTS + " times");
    }

    private static URI target(URI from, String location) {
        URI target;
        try {
            target = from.resolve(escaped(location));
        } catch (IllegalArgumentException e) {
            throw new HubException(from + " is redirected to '" + location + "', which is not an address", e);
        }
        if (!isWeb(target) || "https".equals(from.getScheme()) && !"https".equals(target.getScheme())) {
            throw new HubException(from + " is redirected to " + target + ", which is not safe to follow");
        }
        return target;
    }

    /** Returns an address as servers write it, with what must not stand there as it is escaped. */
    private static String escaped(String location) {
        StringBuilder escaped = new StringBuilder();
        // The JDK hands on the bytes of a header as characters.
        for (byte b : location.getBytes(StandardCharsets.ISO_8859_1)) {
            boolean legal = b > ' ' && b < 0x7F && "\"<>\\^`{|}".indexOf(b) < 0;
            escaped.append(
                    legal
                            ? Character.toString(b)
                            : "%" + HexFormat.of().withUpperCase().toHexDigits(b));
        }
        return escaped.toString();
    }

    /** Returns whether the hub itself answers at an address. */
    boolean isHub(URI uri) {
        return isSameHost(uri, options.endpoint());
    }

    /** Returns whether an address is one of the web, with a host and a port that there can be. */
    static boolean isWeb(URI uri) {
        return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                && uri.getHost() != null
                && uri.getPort() <= MAX_PORT;
    }

    private static boolean isSameHost(URI a, URI b) {
        return a.getScheme().equals(b.getScheme()) && a.getAuthority().equalsIgnoreCase(b.getAuthority());
    }

    private Answer send(String method, URI uri, Map<String, String> headers) throws IOException {
        Optional<Authenticator> authenticator = options.authenticator(uri);
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(options.proxy(uri));
        authenticator.ifPresent(connection::setAuthenticator);
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
        if (isHub(uri)) {
            options.token().ifPresent(t -> connection.setRequestProperty("Authorization", "Bearer " + t));
        }
        return new Answer(uri, connection.getResponseCode(), connection);
    }
}
