package detangle.server;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A page in Chromium without a window, driven by the DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger count = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();

    /** What the page has complained of: errors of its script, and what its policy has refused. */
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** @param folder new, for what the browser keeps of its user */
    Browser(Path folder) throws IOException, InterruptedException {
        process = new ProcessBuilder(List.of(
                        installed().orElseThrow().toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + folder,
                        "--remote-debugging-port=0",
                        "about:blank"))
                .redirectErrorStream(true)
                .redirectOutput(Files.createTempFile(folder.toAbsolutePath().getParent(), "browser", ".txt")
                        .toFile())
                .start();
        int port = port(folder.resolve("DevToolsActivePort"));
        try {
            JsonNode page = JsonMapper.shared()
                    .readTree(CLIENT.send(
                                    HttpRequest.newBuilder(
                                                    URI.create("http://127.0.0.1:" + port + "/json/new?about:blank"))
                                            .PUT(BodyPublishers.noBody())
                                            .build(),
                                    BodyHandlers.ofString())
                            .body());
            socket = CLIENT.newWebSocketBuilder()
                    .buildAsync(URI.create(page.get("webSocketDebuggerUrl").stringValue()), new Messages())
                    .join();
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
        command("Runtime.enable", Map.of());
        command("Log.enable", Map.of());
        command("Page.enable", Map.of());
    }

    /** The browser on the PATH, if there is one. */
    static Optional<Path> installed() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(path -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(Path.of(path)::resolve))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Skips the test where there is no browser. */
    static void assumeInstalled() {
        if (installed().isEmpty()) {
            System.out.println("The page is not tested: there is no chromium on the PATH");
            Assumptions.abort("no browser");
        }
    }

    /** The port that the browser writes into a file once it listens. */
    private int port(Path file) throws IOException, InterruptedException {
        for (int i = 0; i < 10 * PATIENCE_SECONDS && process.isAlive(); i++) {
            if (Files.exists(file)) {
                List<String> lines = Files.readAllLines(file);
                if (lines.size() >= 2) {
                    return Integer.parseInt(lines.getFirst());
                }
            }
            Thread.sleep(100);
        }
        process.destroyForcibly();
        throw new AssertionError("the browser does not start");
    }

    private final class Messages implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                take(JsonMapper.shared().readTree(message.toString()));
                message.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void take(JsonNode json) {
            if (json.has("id")) {
                asked.remove(json.get("id").intValue()).complete(json);
            } else if (json.get("method").stringValue().equals("Runtime.exceptionThrown")) {
                complaints.add(json.at("/params/exceptionDetails").toString());
            } else if (json.get("method").stringValue().equals("Log.entryAdded")
                    && json.at("/params/entry/level").stringValue().equals("error")) {
                complaints.add(json.at("/params/entry/text").stringValue());
            }
        }
    }

    private JsonNode command(String method, Map<String, Object> parameters) throws InterruptedException {
        int id = count.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        asked.put(id, answer);
        socket.sendText(
                        JsonMapper.shared()
                                .writeValueAsString(Map.of("id", id, "method", method, "params", parameters)),
                        true)
                .join();
        try {
            JsonNode json = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (json.has("error")) {
                throw new AssertionError(method + ": " + json);
            }
            return json.get("result");
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(method, e);
        }
    }

    /** Makes the window so large, a phone's where that is asked for. */
    void resize(int width, int height, boolean phone) throws InterruptedException {
        command(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
    }

    void open(String address) throws InterruptedException {
        command("Page.navigate", Map.of("url", address));
    }

    /** The value of an expression of JavaScript, which may be a promise. */
    JsonNode value(String expression) throws InterruptedException {
        JsonNode result = command(
                "Runtime.evaluate", Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + result);
        }
        return result.get("result").path("value");
    }

    /** Waits until an expression is true. */
    void await(String expression) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(PATIENCE_SECONDS).toNanos();
        while (!value("document.readyState === 'complete' && Boolean(" + expression + ")")
                .booleanValue()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(
                        expression + " does not come: " + value("document.body.innerText") + " " + complaints);
            }
            Thread.sleep(20);
        }
    }

    /** The page from its top to its end as PNG. */
    byte[] picture() throws InterruptedException {
        JsonNode picture = command("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
        return Base64.getDecoder().decode(picture.get("data").stringValue());
    }

    List<String> complaints() {
        return complaints;
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
