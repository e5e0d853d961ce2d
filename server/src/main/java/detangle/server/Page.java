package detangle.server;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The page in the browser: its content, and the headers that say what it may run. */
final class Page {
    private final byte[] html;
    private final String policy;

    private Page(byte[] html) {
        this.html = html;
        String text = new String(html, StandardCharsets.UTF_8);
        this.policy = "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors"
                + " 'none'; script-src " + source(text, "script") + "; style-src " + source(text, "style");
    }

    static Page read() {
        return new Page(resource("index.html"));
    }

    private static byte[] resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns the source expression with the hash of an element of the page. A browser runs or applies nothing else.
     */
    private static String source(String html, String element) {
        int begin = html.indexOf("<" + element + ">") + element.length() + 2;
        String content = html.substring(begin, html.indexOf("</" + element + ">"));
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    void send(ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.create("Content-Security-Policy"), policy);
        Responses.send(request, response, 200, "text/html; charset=utf-8", html);
    }
}
