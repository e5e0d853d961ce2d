package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.RawClient.Reply;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Methods, preflights of browsers and HTTP/1.0, byte by byte over sockets. */
class HttpMechanicsTest extends ServerTest {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String BODY = "{\"inputs\":\"Where is my card?\"}";

    /** Each path by the methods that it takes. */
    private static final Map<String, String> ALLOWED = Map.ofEntries(
            Map.entry("/", "GET, HEAD, POST, OPTIONS"),
            Map.entry("/openapi.json", "GET, HEAD, OPTIONS"),
            Map.entry("/health", "GET, HEAD, OPTIONS"),
            Map.entry("/metrics", "GET, HEAD, OPTIONS"),
            Map.entry("/info", "GET, HEAD, OPTIONS"),
            Map.entry("/predict", "POST, OPTIONS"),
            Map.entry("/rerank", "POST, OPTIONS"),
            Map.entry("/embed", "POST, OPTIONS"),
            Map.entry("/embed_all", "POST, OPTIONS"),
            Map.entry("/similarity", "POST, OPTIONS"),
            Map.entry("/tokenize", "POST, OPTIONS"),
            Map.entry("/decode", "POST, OPTIONS"),
            Map.entry("/models", "GET, HEAD, OPTIONS"),
            Map.entry("/models/banking", "POST, GET, HEAD, OPTIONS"),
            Map.entry("/models/org/reranker", "POST, GET, HEAD, OPTIONS"),
            Map.entry("/models/org%2freranker", "POST, GET, HEAD, OPTIONS"),
            Map.entry("/models/banking/pipeline/text-classification", "POST, OPTIONS"),
            Map.entry("/v1/embeddings", "POST, OPTIONS"),
            Map.entry("/v1/models", "GET, HEAD, OPTIONS"),
            Map.entry("/v1/models/encoder", "GET, HEAD, OPTIONS"),
            Map.entry("/analyze", "POST, OPTIONS"),
            Map.entry("/supportedentities", "GET, HEAD, OPTIONS"),
            Map.entry("/v2", "GET, HEAD, OPTIONS"),
            Map.entry("/v2/health/live", "GET, HEAD, OPTIONS"),
            Map.entry("/v2/health/ready", "GET, HEAD, OPTIONS"),
            Map.entry("/v2/models/banking", "GET, HEAD, OPTIONS"),
            Map.entry("/v2/models/org/reranker/ready", "GET, HEAD, OPTIONS"),
            Map.entry("/v2/models/banking/infer", "POST, OPTIONS"));

    private static Reply one(InferenceServer to, String request) throws IOException {
        return RawClient.exchange(to.port(), Probe.utf8(request)).getFirst();
    }

    /** What comes until the server closes the connection, which the client leaves open. */
    private static String untilClosed(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(15_000);
            socket.getOutputStream().write(Probe.utf8(request));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @TestFactory
    Stream<DynamicTest> everyKnownPathTellsItsMethods() {
        return ALLOWED.entrySet().stream()
                .map(known -> DynamicTest.dynamicTest(known.getKey(), () -> {
                    for (String method : List.of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
                        Reply reply = one(
                                server,
                                method + " " + known.getKey()
                                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
                        if (method.equals("OPTIONS")) {
                            assertEquals(204, reply.status(), reply.toString());
                            assertEquals("", reply.body());
                            Probe.checkHeaders(reply);
                        } else if (known.getValue().contains(method)) {
                            assertFalse(List.of(404, 405).contains(reply.status()), reply.toString());
                            continue;
                        } else {
                            assertEquals(405, reply.status(), reply.toString());
                            assertTrue(
                                    Probe.checkIsError(reply).contains("does not take " + method + ": it takes "),
                                    reply.toString());
                        }
                        assertEquals(known.getValue(), reply.headers().get("allow"), reply.toString());
                    }
                }));
    }

    /** The headers of HEAD are those of GET, and nothing follows them. */
    @Test
    void headIsGetWithoutTheBody() throws IOException {
        for (String path : List.of("/", "/info", "/health", "/openapi.json", "/v2", "/v2/models/banking", "/nowhere")) {
            String end = " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            String get = untilClosed("GET" + end);
            String head = untilClosed("HEAD" + end);
            assertTrue(head.endsWith("\r\n\r\n"), head);
            // The words of an error name the method, which is all that may differ.
            String expected = get.substring(0, get.indexOf("\r\n\r\n") + 4);
            assertEquals(lines(expected, path.equals("/nowhere")), lines(head, path.equals("/nowhere")));
        }
    }

    private static List<String> lines(String head, boolean anyLength) {
        return head.lines()
                .filter(line -> !line.startsWith("Date:") && !(anyLength && line.startsWith("Content-Length:")))
                .sorted()
                .toList();
    }

    /** A connection stays open behind a method that is refused, and behind OPTIONS. */
    @Test
    void whatIsRefusedEndsNoConnection() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            client.send("PUT /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
            assertEquals(405, client.answer().orElseThrow().status());
            client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Reply all = client.answer().orElseThrow();
            assertEquals(204, all.status());
            assertEquals("GET, HEAD, POST, OPTIONS", all.headers().get("allow"));
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertEquals(200, client.answer().orElseThrow().status());
        }
    }

    @Test
    void preflightsTellWhatARouteTakes() throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        ServerOptions allowing = options().withAllowedOrigins(List.of("https://good.example"));
        try (InferenceServer open = InferenceServer.start(models, allowing)) {
            String site = " HTTP/1.1\r\nHost: localhost\r\nOrigin: https://good.example\r\n";
            Reply asked = one(
                    open,
                    "OPTIONS /embed" + site + "Access-Control-Request-Method: POST\r\n"
                            + "Access-Control-Request-Headers: authorization,content-type,x-stainless-os\r\n"
                            + "Access-Control-Request-Private-Network: true\r\n\r\n");
            assertEquals(204, asked.status());
            Map<String, String> headers = asked.headers();
            assertEquals("https://good.example", headers.get("access-control-allow-origin"));
            assertEquals("POST, OPTIONS", headers.get("access-control-allow-methods"));
            assertEquals("authorization,content-type,x-stainless-os", headers.get("access-control-allow-headers"));
            assertEquals("true", headers.get("access-control-allow-private-network"));
            assertTrue(headers.get("vary").startsWith("Origin, "), headers.toString());
            assertFalse(headers.containsKey("access-control-allow-credentials"));
            // Without the header of a preflight it is a question about methods alone.
            Reply methods = one(open, "OPTIONS /embed" + site + "\r\n");
            assertEquals(204, methods.status());
            assertFalse(methods.headers().containsKey("access-control-allow-methods"));
            // Names of headers alone are given back.
            Reply odd = one(
                    open,
                    "OPTIONS /embed" + site + "Access-Control-Request-Method: POST\r\n"
                            + "Access-Control-Request-Headers: a\"b;c\r\n\r\n");
            assertEquals(
                    "Content-Type, Authorization, Inference-Header-Content-Length",
                    odd.headers().get("access-control-allow-headers"));
            assertEquals(404, one(open, "OPTIONS /no" + site + "\r\n").status());
            // A page may show errors too.
            Reply refused = one(open, "GET /embed" + site + "\r\n");
            assertEquals(405, refused.status());
            assertEquals("https://good.example", refused.headers().get("access-control-allow-origin"));
            Reply missing = one(open, "GET /no" + site + "\r\n");
            assertEquals(404, missing.status());
            assertEquals("https://good.example", missing.headers().get("access-control-allow-origin"));
        }
        // A server that allows no site tells its methods, and nothing to browsers.
        Reply closed = one(
                server, "OPTIONS /embed HTTP/1.1\r\nHost: localhost\r\nAccess-Control-Request-Method: POST\r\n\r\n");
        assertEquals(204, closed.status());
        assertFalse(closed.headers().keySet().stream().anyMatch(name -> name.startsWith("access-control")));
    }

    private static void answeredAndClosed(int status, String request) throws IOException {
        String answer = untilClosed(request);
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.toLowerCase(Locale.ROOT).contains("\r\nconnection: close\r\n"), answer);
        assertFalse(answer.contains("chunked"), answer);
    }

    /** Proxies such as nginx ask with HTTP/1.0 by default: each request gets an answer, and its connection ends. */
    @Test
    void requestsOfHttp10AreAnswered() throws IOException {
        answeredAndClosed(200, "GET /health HTTP/1.0\r\n\r\n");
        answeredAndClosed(200, "GET /info HTTP/1.0\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n\r\n");
        answeredAndClosed(200, "GET /info HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
        answeredAndClosed(200, "HEAD / HTTP/1.0\r\n\r\n");
        String post = "POST /predict HTTP/1.0\r\n" + JSON + "Content-Length: " + BODY.length() + "\r\n";
        answeredAndClosed(200, post + "\r\n" + BODY);
        answeredAndClosed(200, post + "Expect: 100-continue\r\n\r\n" + BODY);
        // The second request of a connection that ends is not read.
        String twice = untilClosed((post + "\r\n" + BODY).repeat(2));
        assertEquals(2, twice.split("HTTP/1.1 200 ", -1).length, twice);
    }

    /** What is wrong with a request of HTTP/1.1 is wrong with one of HTTP/1.0. */
    @Test
    void requestsOfHttp10AreChecked() throws IOException {
        answeredAndClosed(404, "GET /nowhere HTTP/1.0\r\n\r\n");
        answeredAndClosed(405, "GET /predict HTTP/1.0\r\n\r\n");
        answeredAndClosed(403, "GET /info HTTP/1.0\r\nHost: evil.example\r\n\r\n");
        answeredAndClosed(403, "GET /info HTTP/1.0\r\nOrigin: http://evil.example\r\n\r\n");
        answeredAndClosed(415, "POST /predict HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
        answeredAndClosed(400, "POST /predict HTTP/1.0\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        answeredAndClosed(400, "GET /health HTTP/1.0\r\nX\r\n\r\n");
        answeredAndClosed(400, "GET /health HTTP/1.0\r\nExpect: 1\r\n folded\r\n\r\n");
        answeredAndClosed(400, "GET / x HTTP/1.0\r\n\r\n");
        answeredAndClosed(400, "GET /health HTTP/1.0\r\nX: " + "a".repeat(30_000) + "\r\n\r\n");
        answeredAndClosed(431, "GET /health HTTP/1.0\r\n" + "X: 1\r\n".repeat(101) + "\r\n");
    }

    /** However the bytes of a head arrive, it is the same request. */
    @Test
    void headsMayComeByteByByte() throws IOException {
        for (String version : List.of("1.0", "1.1")) {
            byte[] request = Probe.utf8("POST /predict HTTP/" + version + "\r\nHost: localhost\r\n" + JSON
                    + "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY);
            try (RawClient client = new RawClient(server.port())) {
                for (byte b : request) {
                    client.send(new byte[] {b});
                }
                assertEquals(200, client.answer().orElseThrow().status());
            }
        }
    }
}
