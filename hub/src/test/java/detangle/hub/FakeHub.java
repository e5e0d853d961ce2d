package detangle.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * A server that behaves like the hub: it lists a repository, tells sizes and hashes, and redirects large files to a
 * store, which is another server. Faults are set by the tests.
 */
final class FakeHub implements AutoCloseable {
    static final String REPOSITORY = "some-org/some-model";
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final String FILES = "/" + REPOSITORY + "/resolve/" + COMMIT + "/";
    static final String TOKEN = "hf_secret";

    private static final int LARGE = 1000;

    private final HttpServer hub = server();
    private final HttpServer store = server();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** The repository. */
    final Map<String, byte[]> files = new TreeMap<>();

    /** What was asked for: method, path and range. */
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** Tokens that the store was sent. */
    final List<String> leaked = Collections.synchronizedList(new ArrayList<>());

    /** Names in the listing that are not in the repository. */
    final List<String> alsoListed = new ArrayList<>();

    volatile boolean needsToken;

    /** The Proxy-Authorization that requests must have; empty if requests may have none. */
    volatile Optional<String> proxyUser = Optional.empty();

    volatile Optional<String> errorCode = Optional.empty();
    volatile Optional<String> hashOfAll = Optional.empty();

    /** After how many bytes the store breaks off, and how often it does. */
    volatile int breaksOffAfter;

    volatile int breaksOff;

    volatile boolean ignoresRanges;

    /** How often the store sends half of a file and then nothing, without an end. */
    volatile int stalls;

    volatile int unavailable;

    FakeHub() {
        hub.createContext("/", this::answer);
        store.createContext("/", this::answerFromStore);
        for (HttpServer server : List.of(hub, store)) {
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
        return address(hub);
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void put(String name, String content) {
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
    }

    long asked(String part) {
        return requests.stream().filter(r -> r.contains(part)).count();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getRawPath();
            requests.add(exchange.getRequestMethod() + " " + path);
            Optional<String> token =
                    Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"));
            if (proxyUser.isPresent()
                    && !proxyUser.equals(
                            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Proxy-Authorization")))) {
                exchange.getResponseHeaders().set("Proxy-Authenticate", "Basic realm=\"proxy\"");
                exchange.sendResponseHeaders(407, -1);
            } else if (unavailable > 0) {
                unavailable--;
                exchange.sendResponseHeaders(503, -1);
            } else if (errorCode.isPresent()) {
                exchange.getResponseHeaders().set("X-Error-Code", errorCode.get());
                exchange.sendResponseHeaders(errorCode.get().equals("GatedRepo") ? 403 : 404, -1);
            } else if (needsToken && token.filter(("Bearer " + TOKEN)::equals).isEmpty()) {
                exchange.sendResponseHeaders(401, -1);
            } else if (path.startsWith("/api/models/" + REPOSITORY + "/revision/")) {
                List<String> names = new ArrayList<>(files.keySet());
                names.addAll(alsoListed);
                String siblings =
                        names.stream().map(n -> "{\"rfilename\":\"" + n + "\"}").collect(Collectors.joining(","));
                send(
                        exchange,
                        ("{\"sha\":\"" + COMMIT + "\",\"siblings\":[" + siblings + "]}")
                                .getBytes(StandardCharsets.UTF_8));
            } else if (path.startsWith(FILES)) {
                file(exchange, path.substring(FILES.length()));
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    private void file(HttpExchange exchange, String name) throws IOException {
        byte[] content = files.get(name);
        if (content == null) {
            exchange.sendResponseHeaders(404, -1);
        } else if (content.length >= LARGE) {
            exchange.getResponseHeaders()
                    .set("X-Linked-Etag", "\"" + hashOfAll.orElseGet(() -> sha256(content)) + "\"");
            exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(content.length));
            exchange.getResponseHeaders().set("ETag", "\"not-the-files\"");
            exchange.getResponseHeaders().set("Location", address(store) + "/" + name);
            exchange.sendResponseHeaders(302, -1);
        } else {
            exchange.getResponseHeaders().set("ETag", "W/\"" + hashOfAll.orElseGet(() -> gitHash(content)) + "\"");
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
                exchange.sendResponseHeaders(200, -1);
            } else {
                send(exchange, content);
            }
        }
    }

    private void answerFromStore(HttpExchange exchange) throws IOException {
        try (exchange) {
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
                    .ifPresent(leaked::add);
            String name = exchange.getRequestURI().getPath().substring(1);
            Optional<String> range =
                    Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range"));
            requests.add("STORE " + name + range.map(r -> " " + r).orElse(""));
            byte[] content = files.get(name);
            int from = ignoresRanges
                    ? 0
                    : range.map(r -> Integer.parseInt(r.replaceAll("[^0-9]", "")))
                            .orElse(0);
            int length = content.length - from;
            if (range.isPresent() && !ignoresRanges) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
            }
            exchange.sendResponseHeaders(range.isPresent() && !ignoresRanges ? 206 : 200, length);
            if (stalls > 0) {
                stalls--;
                exchange.getResponseBody().write(content, from, length / 2);
                exchange.getResponseBody().flush();
                pause();
            }
            boolean broken = breaksOff > 0;
            if (broken) {
                breaksOff--;
            }
            exchange.getResponseBody().write(content, from, broken ? Math.min(breaksOffAfter, length) : length);
            exchange.getResponseBody().flush();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange exchange, byte[] content) throws IOException {
        exchange.sendResponseHeaders(200, content.length == 0 ? -1 : content.length);
        exchange.getResponseBody().write(content);
    }

    static String sha256(byte[] content) {
        return HexFormat.of().formatHex(digest("SHA-256").digest(content));
    }

    private static String gitHash(byte[] content) {
        MessageDigest sha1 = digest("SHA-1");
        sha1.update(("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sha1.digest(content));
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
