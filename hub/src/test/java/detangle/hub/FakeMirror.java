package detangle.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/**
 * A mirror or repository manager in front of a hub: it lists a repository, and sends who asks for a file to another
 * server, or answers itself. What the answers say is set by the tests.
 */
final class FakeMirror implements AutoCloseable {
    /** How the bytes of a file are sent. */
    enum Body {
        WITH_LENGTH,
        CHUNKED,
        GZIPPED
    }

    /** Where a file is sent to in the end: to the other server, or nowhere, as the mirror has it. */
    static final String STORE = "STORE";

    private final HttpServer mirror = server();
    private final HttpServer store = server();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    final Map<String, byte[]> files = new TreeMap<>();

    /** What was asked for: method and path, with STORE in front where the other server was asked. */
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** Tokens that the other server was sent. */
    final List<String> leaked = Collections.synchronizedList(new ArrayList<>());

    /** The status of redirects. */
    volatile int redirect = 302;

    /** Where a file is sent to, one after the other: a path of the mirror, or {@link #STORE}. */
    volatile List<String> hops = List.of();

    /** The headers of a file's answer. */
    volatile Function<byte[], Map<String, String>> headers = content -> Map.of();

    /** What HEAD says the length is. */
    volatile Function<byte[], Optional<String>> lengthOfHead = content -> Optional.of("" + content.length);

    /** The status of HEAD, where it is not a success. */
    volatile int statusOfHead = 200;

    volatile Body body = Body.WITH_LENGTH;

    FakeMirror() {
        mirror.createContext("/", exchange -> answer(exchange, false));
        store.createContext("/", exchange -> answer(exchange, true));
        for (HttpServer server : List.of(mirror, store)) {
            server.setExecutor(threads);
            server.start();
        }
    }

    private static HttpServer server() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + mirror.getAddress().getPort());
    }

    private void answer(HttpExchange exchange, boolean ofStore) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            requests.add((ofStore ? "STORE " : "") + exchange.getRequestMethod() + " " + path);
            if (ofStore) {
                leaked.addAll(exchange.getRequestHeaders().getOrDefault("Authorization", List.of()));
            }
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (path.startsWith("/api/models/")) {
                String siblings = files.keySet().stream()
                        .map(n -> "{\"rfilename\":\"" + n + "\"}")
                        .collect(Collectors.joining(","));
                String listing = "{\"sha\":\"" + FakeHub.COMMIT + "\",\"siblings\":[" + siblings + "]}";
                file(exchange, listing.getBytes(StandardCharsets.UTF_8), Map.of(), 200);
            } else if (!files.containsKey(name)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!ofStore && !hops.isEmpty() && !path.startsWith("/end/")) {
                exchange.getResponseHeaders().set("Location", location(path, name));
                exchange.sendResponseHeaders(redirect, -1);
            } else {
                file(exchange, files.get(name), headers.apply(files.get(name)), statusOfHead);
            }
        }
    }

    /** The next place after a path of the mirror. */
    private String location(String path, String name) {
        int at = 0;
        while (at < hops.size() && !path.startsWith(hops.get(at) + "/")) {
            at++;
        }
        String next = hops.get(at == hops.size() ? 0 : at + 1);
        return next.equals(STORE)
                ? "http://localhost:" + store.getAddress().getPort() + "/signed/" + name + "?a=b c|d"
                : next + "/" + name;
    }

    private void file(HttpExchange exchange, byte[] content, Map<String, String> more, int status) throws IOException {
        Headers answer = exchange.getResponseHeaders();
        more.forEach(answer::set);
        if (exchange.getRequestMethod().equals("HEAD")) {
            lengthOfHead.apply(content).ifPresent(length -> answer.set("Content-Length", length));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        byte[] sent = content;
        if (body == Body.GZIPPED) {
            ByteArrayOutputStream zipped = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
                out.write(content);
            }
            sent = zipped.toByteArray();
            answer.set("Content-Encoding", "gzip");
        }
        exchange.sendResponseHeaders(200, body == Body.CHUNKED ? 0 : sent.length);
        exchange.getResponseBody().write(sent);
    }

    @Override
    public void close() {
        mirror.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
