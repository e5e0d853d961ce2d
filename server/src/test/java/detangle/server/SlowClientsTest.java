package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.RawClient.Reply;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Clients who send or read so slowly that they would keep a connection for as long as they like. */
class SlowClientsTest extends ServerTest {
    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String POST =
            "POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    private static final int MOST = 8;

    private static void with(Function<ServerOptions, ServerOptions> change, Client client) throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", folder.resolve("encoder")));
        try (InferenceServer slow = InferenceServer.start(models, change.apply(options()))) {
            client.ask(slow.port());
        }
    }

    private interface Client {
        void ask(int port) throws Exception;
    }

    private static ServerOptions hasty(ServerOptions options) {
        return options.withClientTimeout(Duration.ofMillis(600));
    }

    /** Sends a byte at a time, until the server has had enough. */
    private static void drip(int port, String begin, String more) throws Exception {
        try (RawClient client = new RawClient(port)) {
            client.send(begin);
            long started = System.nanoTime();
            Thread drops = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 200; i++) {
                        client.send(more);
                        Thread.sleep(50);
                    }
                } catch (IOException | InterruptedException e) {
                    // The server has closed the connection.
                }
            });
            Optional<Reply> reply = client.answer();
            long millis = (System.nanoTime() - started) / 1_000_000;
            assertEquals(408, reply.orElseThrow().status());
            assertTrue(Probe.checkIsError(reply.get()).contains("within 600 ms"), reply.toString());
            assertTrue(millis >= 500 && millis < 8000, millis + " ms");
            drops.interrupt();
            drops.join();
            assertTrue(client.answers().isEmpty());
        }
    }

    @Test
    void slowHeadsAndBodiesAreRefused() throws Exception {
        with(SlowClientsTest::hasty, port -> {
            drip(port, "G", "E");
            drip(port, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", "a");
            drip(port, POST, " ");
            drip(
                    port,
                    POST.replace("Content-Length: 100", "Transfer-Encoding: chunked")
                            .replace("{", ""),
                    "1\r\n \r\n");
            assertEquals(
                    200, RawClient.exchange(port, Probe.utf8(HEALTH)).getFirst().status());
        });
    }

    @Test
    void whoTakesNoAnswerIsCutOff() throws Exception {
        with(SlowClientsTest::hasty, port -> {
            byte[] many = Probe.utf8("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20));
            long begin = System.nanoTime();
            try (Socket socket = new Socket()) {
                socket.setReceiveBufferSize(4096);
                socket.connect(new InetSocketAddress("127.0.0.1", port));
                while (System.nanoTime() - begin < 20_000_000_000L) {
                    socket.getOutputStream().write(many);
                    Thread.sleep(20);
                }
                throw new AssertionError("the server still reads");
            } catch (SocketException e) {
                // The server has closed the connection.
            }
            assertEquals(
                    200, RawClient.exchange(port, Probe.utf8(HEALTH)).getFirst().status());
        });
    }

    @Test
    void idleConnectionsAreClosed() throws Exception {
        with(options -> options.withIdleTimeout(Duration.ofMillis(300)), port -> {
            try (RawClient client = new RawClient(port)) {
                client.send(HEALTH);
                assertEquals(200, client.answer().orElseThrow().status());
                assertTrue(client.answer().isEmpty());
            }
            try (RawClient client = new RawClient(port)) {
                assertTrue(client.answer().isEmpty());
            }
        });
    }

    private static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    /** A connection that waits for a request makes room for another one. */
    @Test
    void idleConnectionsMakeRoom() throws Exception {
        with(options -> options.withMaxConnections(MOST), port -> {
            List<RawClient> idle = new ArrayList<>();
            for (int i = 0; i < 3 * MOST; i++) {
                RawClient client = new RawClient(port);
                idle.add(client);
                client.send(HEALTH);
                assertEquals(200, client.answer().orElseThrow().status());
            }
            int open = 0;
            for (RawClient client : idle) {
                try {
                    client.send(HEALTH);
                    open += client.answer().isPresent() ? 1 : 0;
                } catch (IOException e) {
                    // It was given up.
                }
            }
            assertTrue(open >= 1 && open <= MOST, open + " are open");
            close(idle);
        });
    }

    /** Where all connections are at work, one more is refused, and served once there is room. */
    @Test
    void connectionsAreBounded() throws Exception {
        with(options -> hasty(options).withMaxConnections(MOST), port -> {
            List<RawClient> busy = new ArrayList<>();
            for (int i = 0; i < MOST; i++) {
                RawClient client = new RawClient(port);
                busy.add(client);
                client.send(POST);
            }
            // Until the server has read what they sent.
            Thread.sleep(200);
            try (RawClient client = new RawClient(port)) {
                Reply reply = client.answer().orElseThrow();
                assertEquals(503, reply.status());
                assertEquals("1", reply.headers().get("retry-after"));
                assertTrue(Probe.checkIsError(reply).contains("as many connections"), reply.toString());
            }
            for (RawClient client : busy) {
                assertEquals(408, client.answer().orElseThrow().status());
            }
            close(busy);
            Thread.sleep(100);
            assertEquals(
                    200, RawClient.exchange(port, Probe.utf8(HEALTH)).getFirst().status());
        });
    }

    /**
     * A request counts among those that wait once its body is here: who never sends one keeps nobody from being
     * answered.
     */
    @Test
    void slowBodiesTakeNobodysRoom() throws Exception {
        with(options -> options.withMaxConcurrentRequests(4), port -> {
            List<RawClient> slow = new ArrayList<>();
            for (int i = 0; i < MOST; i++) {
                RawClient client = new RawClient(port);
                slow.add(client);
                client.send(POST);
            }
            // Until the server has read what they sent.
            Thread.sleep(200);
            assertEquals(
                    200,
                    RawClient.exchange(port, Probe.utf8(POST.replace("100", "14") + "\"inputs\":\"a\"}"))
                            .getFirst()
                            .status());
            close(slow);
        });
    }

    /** Where all connections send bodies, and one is slow with it, that one makes room. */
    @Test
    void slowBodiesMakeRoom() throws Exception {
        with(options -> options.withMaxConnections(MOST), port -> {
            List<RawClient> slow = new ArrayList<>();
            for (int i = 0; i < MOST; i++) {
                RawClient client = new RawClient(port);
                slow.add(client);
                client.send(POST);
            }
            Thread.sleep(1500);
            assertEquals(
                    200, RawClient.exchange(port, Probe.utf8(HEALTH)).getFirst().status());
            close(slow);
        });
    }
}
