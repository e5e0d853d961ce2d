package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Requests that are too large, too many or too slow: they are refused, and the next one is answered. */
class ServerLimitsTest extends ServerTest {
    @Test
    void aBodyThatIsTooLargeIsRefusedAndItsConnectionGoesOn() throws IOException {
        // Larger than what sockets hold, so that a server that closed at once would reset its client.
        byte[] large = new byte[8_000_000];
        for (int i = 0; i < 5; i++) {
            refused(
                    413,
                    "more than the 100000 bytes",
                    send(request(server, "/predict")
                            .POST(BodyPublishers.ofByteArray(large))
                            .build()));
            refused(
                    413,
                    "more than the 100000 bytes",
                    send(request(server, "/predict")
                            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))
                            .build()));
        }
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(
                    "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            out.write(large);
            out.write("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answers.startsWith("HTTP/1.1 413"), answers);
            assertTrue(answers.contains("HTTP/1.1 200"), answers);
        }
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(
                    "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            out.write(large);
            out.flush();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
        }
    }

    @Test
    void whatIsTooMuchIsRefusedAndTheRestAnswered() throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", TinyModel.SHIPPED));
        try (InferenceServer small = InferenceServer.start(models, with(Optional.empty(), 4, Duration.ofSeconds(30)));
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Answer>> tasks = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                tasks.add(() -> post(small, "/predict", Map.of("inputs", "How do I get cash? ".repeat(60))));
            }
            int answered = 0;
            int refused = 0;
            for (Future<Answer> future : pool.invokeAll(tasks)) {
                Answer answer = future.get();
                if (answer.status() == 429) {
                    refused++;
                } else {
                    assertEquals(200, answer.status(), answer.body());
                    answered++;
                }
            }
            assertTrue(answered > 0 && refused > 0, answered + " answered, " + refused + " refused");
            assertEquals(200, post(small, "/predict", Map.of("inputs", TEXT)).status());
        }
    }

    @Test
    void whatTakesTooLongIsTold() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("m", TinyModel.SHIPPED));
        // What takes half a second cannot be done in a thousandth of it.
        List<List<String>> much = Collections.nCopies(32, List.of("How do I get cash? ".repeat(60)));
        try (InferenceServer hasty = InferenceServer.start(models, with(Optional.empty(), 512, Duration.ofMillis(1)))) {
            refused(504, "not done within 1 ms", post(hasty, "/predict", Map.of("inputs", much)));
        }
    }

    @Test
    void halfABodyHarmsNobody() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                OutputStream out = socket.getOutputStream();
                out.write(
                        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"inputs\":\"Whe"
                                .getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
        assertEquals(200, post(server, "/predict", Map.of("inputs", TEXT)).status());
    }

    @Test
    void aGigabyteIsRefusedUnread() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(
                    "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            out.flush();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
            assertTrue(answer.contains("more than the 100000 bytes that are allowed"), answer);
        }
        assertEquals(200, post(server, "/predict", Map.of("inputs", TEXT)).status());
    }
}
