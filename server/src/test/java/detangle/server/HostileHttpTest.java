package detangle.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Requests that are not HTTP/1.1, or seem to be two: one answer each, and no second request out of the body of a first.
 */
class HostileHttpTest extends ServerTest {
    private static final String POST =
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    private static final String BODY = "{\"inputs\":\"hi\"}";
    private static final String HIDDEN = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String VERSIONS = "is not of the version HTTP/1.1 or HTTP/1.0";
    private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

    private static Probe get(String name, String target, String part, Integer... statuses) {
        return Probe.raw(name, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n", part, statuses);
    }

    @TestFactory
    Stream<DynamicTest> firstLines() {
        return Probe.tests(
                server,
                List.of(
                        Probe.raw("nothing", "", ""),
                        Probe.raw("an empty line", "\r\n\r\n", "must begin with a method", 400),
                        Probe.raw("an empty line before", "\r\n" + HIDDEN, "", 200),
                        Probe.raw(
                                "an empty line between",
                                POST + "Content-Length: 15\r\n\r\n" + BODY + "\r\n" + HIDDEN,
                                "",
                                200,
                                200),
                        Probe.raw("two empty lines before", "\r\n\r\n" + HIDDEN, "must begin with a method", 400),
                        Probe.raw("half an empty line before", "\r" + HIDDEN, "must begin with a method", 400),
                        Probe.raw("noise", "\u0000\u0001\u00ff\u00fe\r\n\r\n", "must begin with a method", 400),
                        Probe.raw(
                                "a line feed alone",
                                "GET / HTTP/1.1\nHost: localhost\n\n",
                                "is not a method, an address and HTTP/1.1",
                                400),
                        Probe.raw("a greeting of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", "", 400),
                        Probe.raw("HTTP/0.9", "GET /\r\n\r\n", "malformed", 400),
                        Probe.raw("HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", "", 200),
                        Probe.raw("HTTP/1.2", "GET /health HTTP/1.2\r\nHost: localhost\r\n\r\n", VERSIONS, 505),
                        Probe.raw("HTTP/2.0", "GET /health HTTP/2.0\r\n\r\n", VERSIONS, 505),
                        Probe.raw("HTTP/3", "GET /health HTTP/3\r\n\r\n", VERSIONS, 505),
                        Probe.raw("HTTP/2 known before", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VERSIONS, 505),
                        Probe.raw("a word too many", "GET / x HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 400),
                        Probe.raw("HEAD", "HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 200),
                        Probe.raw("small letters", "get /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 200),
                        Probe.raw(
                                "an unknown method",
                                "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                "does not take BREW",
                                405),
                        Probe.raw("TRACE", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", "not take TRACE", 405),
                        Probe.raw("OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 204),
                        Probe.raw("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 204),
                        Probe.raw(
                                "OPTIONS of nothing",
                                "OPTIONS /no HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                "no route OPTIONS",
                                404),
                        Probe.raw("CONNECT", "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 404),
                        Probe.raw("DELETE", "DELETE /predict HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 405),
                        Probe.raw("a method of 4000 letters", "A".repeat(4000) + " / HTTP/1.1\r\n\r\n", "", 400),
                        get(
                                "a route that is sent to",
                                "/predict",
                                "/predict does not take GET: it takes POST, OPTIONS",
                                405),
                        get("a path of 3000 letters", "/" + "a".repeat(3000), "no route", 404),
                        get("a path of 5000 letters", "/" + "a".repeat(5000), "it may have 4096 bytes", 414),
                        get("a byte of zero", "/he%00alth", "no route GET /he\\u0000alth", 404),
                        get("an escaped slash", "/v2%2fmodels%2fbanking", "", 200),
                        get("steps up", "/../../etc/passwd", "no route", 404),
                        get("escaped steps up", "/v2/models/%2e%2e%2f%2e%2e%2fetc/passwd", "no model", 404),
                        get("steps up in a name", "/v2/models/../../../etc/passwd", "", 404),
                        get("half an escape", "/health%2", "", 400),
                        get("no escape", "/health%zz", "", 400),
                        get("bytes that are not UTF-8", "/%ff%fe", "", 404),
                        get("bytes beyond ASCII", "/\u00ff\u00fe", "", 404),
                        get("lines in a name", "/v2/models/a%0d%0aX-Evil:%201", "a\\r\\nX-Evil: 1", 404),
                        get("a name that turns the text", "/v2/models/%e2%80%ae", "no model \\u202e", 404),
                        get("a name that steers a terminal", "/v2/models/%1b%5b2J", "no model \\u001b[2J", 404),
                        get("a fragment", "/health#x", "", 200),
                        get("a query that is not a query", "/health?<>", "", 400),
                        get("an absolute address", "http://localhost/health", "", 200)));
    }

    @TestFactory
    Stream<DynamicTest> heads() {
        String health = "GET /health HTTP/1.1\r\n";
        return Probe.tests(
                server,
                List.of(
                        Probe.raw("no host", health + "\r\n", "has no header Host", 400),
                        Probe.raw(
                                "two hosts",
                                health + "Host: localhost\r\nHost: a\r\n\r\n",
                                "more than one header Host",
                                400),
                        Probe.raw("an empty host", health + "Host:\r\n\r\n", "Host is empty", 400),
                        Probe.raw("a host that is none", health + "Host: <x>\r\n\r\n", "does not name a host", 400),
                        Probe.raw(
                                "a port that is none",
                                health + "Host: localhost:http\r\n\r\n",
                                "port in the header Host is not a number",
                                400),
                        Probe.raw("no colon", health + "Host: localhost\r\nX\r\n\r\n", "has no colon", 400),
                        Probe.raw("a name with a space", health + "Host : localhost\r\n\r\n", "", 400),
                        Probe.raw("an empty name", health + "Host: localhost\r\n: x\r\n\r\n", "", 400),
                        Probe.raw("a folded line", health + "Host: localhost\r\nX: a\r\n b\r\n\r\n", "", 400),
                        Probe.raw("a zero in a value", health + "Host: localhost\r\nX: a\u0000b\r\n\r\n", "", 400),
                        Probe.raw("a return in a value", health + "Host: localhost\r\nX: a\rb\r\n\r\n", "", 400),
                        Probe.raw(
                                "101 headers",
                                health + "Host: localhost\r\n" + headers(101) + "\r\n",
                                "may have 100",
                                431),
                        Probe.raw("100 headers", health + "Host: localhost\r\n" + headers(99) + "\r\n", "", 200),
                        Probe.raw(
                                "101 headers with the host",
                                health + "Host: localhost\r\n" + headers(100) + "\r\n",
                                "may have 100",
                                431),
                        Probe.raw(
                                "101 headers of one name",
                                health + "Host: localhost\r\n" + "X: 1\r\n".repeat(100) + "\r\n",
                                "may have 100",
                                431),
                        Probe.raw(
                                "17 KB of headers",
                                health + "Host: localhost\r\nX: " + "a".repeat(17_000) + "\r\n\r\n",
                                "more than 16384 bytes",
                                400),
                        Probe.raw("half a head", health + "Host: loc", ""),
                        Probe.raw(
                                "an upgrade to HTTP/2",
                                health + "Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                        + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
                                "",
                                200),
                        Probe.raw(
                                "an upgrade to a socket",
                                health + "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                                "",
                                200),
                        Probe.raw("two requests at once", HIDDEN + HIDDEN, "", 200, 200)));
    }

    @Test
    void whoAsksForAHeadGetsNoBody() throws IOException {
        for (Map.Entry<String, Integer> known :
                Map.of("/", 200, "/health", 200, "/v2", 200, "/predict", 405).entrySet()) {
            String path = known.getKey();
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.getOutputStream()
                        .write(Probe.utf8(
                                "HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertTrue(answer.startsWith("HTTP/1.1 " + known.getValue()), answer);
                assertTrue(answer.endsWith("\r\n\r\n"), answer);
            }
        }
    }

    private static String headers(int count) {
        StringBuilder headers = new StringBuilder();
        for (int i = 0; i < count; i++) {
            headers.append("X").append(i).append(": 1\r\n");
        }
        return headers.toString();
    }

    private static Probe length(String name, String headers, String part, Integer... statuses) {
        return Probe.raw(name, POST + headers + "\r\n" + BODY + HIDDEN, part, statuses);
    }

    /** Whatever is wrong with the length of a body, what follows is not taken for a request. */
    @TestFactory
    Stream<DynamicTest> lengths() {
        return Probe.tests(
                server,
                List.of(
                        length("a length that is right", "Content-Length: 15\r\n", "", 200, 200),
                        length("no length", "", "must begin with a method", 400, 400),
                        length("a negative length", "Content-Length: -15\r\n", "whole number", 400),
                        length("a length with a sign", "Content-Length: +15\r\n", "whole number", 400),
                        length("a hexadecimal length", "Content-Length: 0xf\r\n", "whole number", 400),
                        length("a length with a fraction", "Content-Length: 15.0\r\n", "whole number", 400),
                        length("an empty length", "Content-Length:\r\n", "", 400),
                        length("a length beyond numbers", "Content-Length: 99999999999999999999\r\n", "", 400),
                        length("two lengths", "Content-Length: 15\r\nContent-Length: 0\r\n", "whole number", 400),
                        length("two lengths that agree", "Content-Length: 15\r\nContent-Length: 15\r\n", "", 400),
                        length("a list of lengths", "Content-Length: 15, 15\r\n", "whole number", 400),
                        length(
                                "length and chunks",
                                "Content-Length: 15\r\nTransfer-Encoding: chunked\r\n",
                                "has both",
                                400),
                        length("an unknown encoding", "Transfer-Encoding: gzip\r\n", "not chunked alone", 400),
                        length("chunks, then identity", "Transfer-Encoding: chunked, identity\r\n", "", 400),
                        length("chunks twice", "Transfer-Encoding: chunked, chunked\r\n", "not chunked alone", 400),
                        length("gzip, then chunks", "Transfer-Encoding: gzip, chunked\r\n", "plain or in chunks", 501),
                        length("a hidden encoding", "Transfer-Encoding: xchunked\r\n", "", 400),
                        length("an encoding without a name", "Transfer-Encoding:\r\n", "", 400),
                        Probe.raw(
                                "a body that ends early",
                                POST + "Content-Length: 50\r\n\r\n" + BODY,
                                "ends before",
                                400),
                        Probe.raw(
                                "a body that is compressed",
                                POST + "Content-Encoding: gzip\r\nContent-Length: 15\r\n\r\n" + BODY,
                                "Content-Encoding",
                                415),
                        Probe.raw(
                                "a body for GET",
                                "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 45\r\n\r\n" + HIDDEN,
                                "",
                                200)));
    }

    private static Probe chunks(String name, String body, String part, Integer... statuses) {
        return Probe.raw(name, CHUNKED + body, part, statuses);
    }

    @TestFactory
    Stream<DynamicTest> chunks() {
        return Probe.tests(
                server,
                List.of(
                        chunks("one chunk", "f\r\n" + BODY + "\r\n0\r\n\r\n" + HIDDEN, "", 200, 200),
                        chunks("chunks of a byte", singles() + "0\r\n\r\n", "", 200),
                        chunks("an extension", "f;a=\"b\"\r\n" + BODY + "\r\n0\r\n\r\n", "", 200),
                        chunks("trailers", "f\r\n" + BODY + "\r\n0\r\nX: 1\r\nY: 2\r\n\r\n" + HIDDEN, "", 200, 200),
                        chunks("leading zeros", "0000f\r\n" + BODY + "\r\n000\r\n\r\n", "", 200),
                        chunks("no size", "\r\n" + BODY + "\r\n0\r\n\r\n", "hexadecimal", 400),
                        chunks("a size that is not a number", "xyz\r\n" + BODY + "\r\n0\r\n\r\n", "hexadecimal", 400),
                        chunks("a negative size", "-f\r\n" + BODY + "\r\n0\r\n\r\n", "hexadecimal", 400),
                        chunks("a size with a prefix", "0xf\r\n" + BODY + "\r\n0\r\n\r\n", "hexadecimal", 400),
                        chunks("a size of 16 digits", "ffffffffffffffff\r\n" + BODY, "15 digits", 400),
                        chunks("a size of 2^31", "80000000\r\n" + BODY, "ends before", 400),
                        chunks("a size of 20 000 digits", "0".repeat(20_000) + "f\r\n" + BODY, "15 digits", 400),
                        chunks("an extension of 300 letters", "f;" + "a".repeat(300) + "\r\n" + BODY, "extension", 400),
                        chunks("an extension without an end", "f;" + "a".repeat(100_000), "extension", 400),
                        chunks("a chunk too short", "10\r\n" + BODY + "\r\n0\r\n\r\n", "", 400),
                        chunks("a chunk too long", "e\r\n" + BODY + "\r\n0\r\n\r\n", "longer than its size", 400),
                        chunks("no line's end", "f\r\n" + BODY + "0\r\n\r\n", "longer than its size", 400),
                        chunks("a line feed alone", "f\n" + BODY + "\r\n0\r\n\r\n", "hexadecimal", 400),
                        chunks("a return alone", "f\r" + BODY + "\r\n0\r\n\r\n", "CR and LF", 400),
                        chunks("no end", "f\r\n" + BODY + "\r\n", "ends before", 400),
                        chunks("trailers without an end", "0\r\n" + "X: 1\r\n".repeat(2000), "trailers", 400),
                        chunks("a zero in a trailer", "0\r\nX: \u0000\r\n\r\n", "trailers", 400)));
    }

    private static String singles() {
        StringBuilder chunks = new StringBuilder();
        BODY.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
        return chunks.toString();
    }

    @TestFactory
    Stream<DynamicTest> expectations() {
        String expects = POST + "Expect: 100-continue\r\n";
        return Probe.tests(
                server,
                List.of(
                        Probe.raw("waits", expects + "Content-Length: 15\r\n\r\n" + BODY, "", 100, 200),
                        Probe.raw("too much", expects + "Content-Length: 1000000\r\n\r\n", "100000 bytes", 413),
                        Probe.raw(
                                "another type",
                                "POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: a/b\r\n"
                                        + "Content-Length: 15\r\n\r\n",
                                "application/json",
                                415),
                        Probe.raw(
                                "no route",
                                expects.replace("/predict", "/no") + "Content-Length: 5\r\n\r\n",
                                "",
                                404)));
    }
}
