package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.RawClient.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What pages of other sites make a browser send to a server on the same machine. */
class HostileBrowsersTest extends ServerTest {
    private static final byte[] BODY = Probe.utf8("{\"inputs\":\"hi\"}");
    private static final String JSON = "Content-Type: application/json\r\n";

    private static Probe host(String host, int status) {
        return Probe.raw(
                "host " + host,
                "GET /health HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
                status == 200 ? "" : host,
                status);
    }

    private static Probe origin(String origin, int status) {
        String headers = JSON + "Origin: " + origin + "\r\n";
        return new Probe("origin " + origin, Probe.post("/predict", headers, BODY), List.of(status), "");
    }

    private static Probe type(String type, int status) {
        String headers = type.isEmpty() ? "" : "Content-Type: " + type + "\r\n";
        return new Probe(
                "type " + type,
                Probe.post("/predict", headers, BODY),
                List.of(status),
                status == 200 ? "" : "send the header Content-Type: application/json");
    }

    @TestFactory
    Stream<DynamicTest> others() {
        List<Probe> probes = new ArrayList<>();
        for (String own : List.of("localhost", "LocalHost:8080", "127.0.0.1", "127.1.2.3:1", "[::1]", "[::1]:8080")) {
            probes.add(host(own, 200));
        }
        for (String other : List.of(
                "evil.example",
                "evil.example:8080",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "0.0.0.0",
                "169.254.169.254",
                "[::2]",
                "localhost.")) {
            probes.add(host(other, 403));
        }
        probes.add(origin("http://localhost", 200));
        probes.add(origin("https://localhost", 200));
        for (String other : List.of(
                "http://evil.example",
                "null",
                "http://localhost:9999",
                "http://localhost.evil.example",
                "file://",
                "chrome-extension://abc",
                "localhost")) {
            probes.add(origin(other, 403));
        }
        for (String json :
                List.of("application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\"")) {
            probes.add(type(json, 200));
        }
        for (String other : List.of(
                "",
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/jsonp",
                "text/plain; application/json",
                "application/json; charset=utf-16",
                "/",
                ";")) {
            probes.add(type(other, 415));
        }
        return Probe.tests(server, probes);
    }

    private static Reply one(InferenceServer to, String request) throws IOException {
        return RawClient.exchange(to.port(), Probe.utf8(request)).getFirst();
    }

    @Test
    void thePageRunsItsOwnScriptAlone() throws IOException {
        Reply page = one(server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertEquals(200, page.status());
        Probe.checkHeaders(page);
        String policy = page.headers().get("content-security-policy");
        assertTrue(policy.startsWith("default-src 'none'; connect-src 'self'"), policy);
        assertTrue(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), policy);
        assertFalse(policy.contains("unsafe"), policy);
        assertEquals("no-referrer", page.headers().get("referrer-policy"));
        // What the policy does not name does not run: event handlers, styles of elements, and scripts of others.
        assertFalse(page.body().matches("(?s).*<[^>]+ (on\\w+|style|src)=.*"), page.body());
    }

    @Test
    void sitesThatAreAllowedMayAsk() throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        ServerOptions allowing = options()
                .withAllowedHosts(List.of("models.example"))
                .withAllowedOrigins(List.of("https://good.example"));
        try (InferenceServer open = InferenceServer.start(models, allowing)) {
            Reply named = one(open, "GET /health HTTP/1.1\r\nHost: models.example:80\r\n\r\n");
            assertEquals(200, named.status());
            assertEquals(
                    403,
                    one(open, "GET /health HTTP/1.1\r\nHost: other.example\r\n\r\n")
                            .status());
            Reply asked = one(
                    open,
                    "OPTIONS /embed HTTP/1.1\r\nHost: localhost\r\nOrigin: https://good.example\r\n"
                            + "Access-Control-Request-Method: POST\r\n\r\n");
            assertEquals(204, asked.status());
            assertEquals("https://good.example", asked.headers().get("access-control-allow-origin"));
            assertTrue(asked.headers().get("access-control-allow-headers").contains("Content-Type"));
            Reply answer = one(open, "GET /info HTTP/1.1\r\nHost: localhost\r\nOrigin: https://good.example\r\n\r\n");
            assertEquals(200, answer.status());
            assertEquals("https://good.example", answer.headers().get("access-control-allow-origin"));
            assertEquals("Origin", answer.headers().get("vary"));
            Reply other =
                    one(open, "OPTIONS /embed HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n");
            assertEquals(403, other.status());
            assertFalse(other.headers().containsKey("access-control-allow-origin"));
        }
    }

    /** Of two origins, a browser has named neither. */
    @Test
    void severalOriginsAreRefused() throws IOException {
        Reply reply = one(
                server,
                "GET /info HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
                        + "Origin: http://evil.example\r\n\r\n");
        assertEquals(403, reply.status());
        assertTrue(Probe.checkIsError(reply).contains("http://localhost, http://evil.example"), reply.toString());
    }

    /** The server closes the connection of a request that it refuses, as the client asked it to. */
    @Test
    void aRefusedConnectionIsClosedIfItsClientAsked() throws IOException {
        for (String refused : List.of("Host: evil.example", "Host: localhost\r\nOrigin: http://evil.example")) {
            try (RawClient client = new RawClient(server.port())) {
                client.send("GET /info HTTP/1.1\r\n" + refused + "\r\nConnection: close\r\n\r\n");
                assertEquals(403, client.answer().orElseThrow().status());
                assertTrue(client.answer().isEmpty());
            }
        }
    }
}
