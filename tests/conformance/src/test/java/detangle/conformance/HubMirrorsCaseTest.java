package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A model comes from a hub, from a mirror that redirects to one, and from repository managers with ETags of their own
 * or none.
 */
class HubMirrorsCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("08-hub-mirrors");
    private static final Path MODEL = DetangleProcess.HOME.resolve("models/pretrained/banking77-small");

    @TempDir
    private Path home;

    @ParameterizedTest
    @ValueSource(strings = {"hub", "mirror", "sha1etag", "noetag", "md5etag"})
    void theModelComes(String mode) throws Exception {
        assumeTrue(hasPython(), "the case's server needs python3, which is not here");
        int port = freePort();
        Process server = new ProcessBuilder("python3", "fakehub.py", mode, Integer.toString(port), MODEL.toString())
                .directory(CASE.path().toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            awaitListening(server, port);
            Map<String, String> environment = Map.of(
                    "HF_HOME",
                    home.toString(),
                    "HF_HUB_CACHE",
                    home.resolve("hub").toString(),
                    "HF_HUB_OFFLINE",
                    "0",
                    "HF_ENDPOINT",
                    "http://127.0.0.1:" + port,
                    "NO_PROXY",
                    "127.0.0.1,localhost");
            Result result = CASE.run(environment, "classify", "--model", "some-org/some-model", "Where is my card?");
            assertEquals(0, result.status(), result.err());
            assertEquals("card_arrival (0.93)", result.out().strip());
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private static boolean hasPython() {
        try {
            return new ProcessBuilder("python3", "-c", "").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A port whose successor is free too, as the mirror's other server takes that. */
    private static int freePort() throws IOException {
        while (true) {
            try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    ServerSocket second =
                            new ServerSocket(first.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress())) {
                return second.getLocalPort() - 1;
            } catch (BindException e) {
                continue; // Somebody has the next one.
            }
        }
    }

    private static void awaitListening(Process server, int port) throws InterruptedException {
        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (true) {
            assertTrue(server.isAlive() && Instant.now().isBefore(end), "the case's server does not start");
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
    }
}
