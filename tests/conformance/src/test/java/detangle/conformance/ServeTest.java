package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The server as a process, which may be killed at any time. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class ServeTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String LONG = "{\"inputs\":\"" + "How do I get cash? ".repeat(60) + "\"}";

    @TempDir
    private Path folder;

    static Process start(Path model, Path log) throws IOException {
        return new ProcessBuilder(
                        DetangleProcess.HOME.resolve("detangle").toString(),
                        "serve",
                        model.toString(),
                        "--port",
                        "0",
                        "--json-output")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** Where the server says that it listens, once it does. */
    static URI address(Process server, Path log) throws IOException, InterruptedException {
        for (int i = 0; i < 600 && server.isAlive(); i++) {
            for (String line : Files.readAllLines(log)) {
                if (line.startsWith("detangle: serving at ")) {
                    return URI.create(line.substring("detangle: serving at ".length()));
                }
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the server does not start: " + Files.readString(log));
    }

    private static CompletableFuture<HttpResponse<String>> ask(URI server, String body) {
        return CLIENT.sendAsync(
                HttpRequest.newBuilder(server.resolve("/predict"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static Map<String, Double> scores(String answer) {
        Map<String, Double> scores = new HashMap<>();
        JsonMapper.shared()
                .readTree(answer)
                .forEach(l ->
                        scores.put(l.get("label").stringValue(), l.get("score").doubleValue()));
        return scores;
    }

    @Test
    void killedAmidRequestsItAnswersWhenStartedAgain() throws Exception {
        Path model = folder.resolve("model.dtl");
        Result compiled = DetangleProcess.java(
                Launch.MODULE_PATH, "compile", TinyModel.SHIPPED.toString(), "-o", model.toString());
        assertEquals(0, compiled.status(), compiled.err());
        Map<String, Double> expected = new HashMap<>();
        for (int round = 0; round < 2; round++) {
            Path log = folder.resolve("log-" + round);
            Process server = start(model, log);
            try {
                URI address = address(server, log);
                Map<String, Double> answer =
                        scores(ask(address, LONG).get(60, TimeUnit.SECONDS).body());
                assertEquals(77, answer.size());
                // The last digit may differ: sums over the lanes of vectors have no fixed order.
                expected.forEach((label, score) -> assertEquals(score, answer.get(label), 1e-5, label));
                expected.putAll(answer);
                List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    asked.add(ask(address, LONG));
                }
                CompletableFuture.anyOf(asked.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
            } finally {
                server.descendants().forEach(ProcessHandle::destroyForcibly);
                server.destroyForcibly().waitFor();
            }
        }
        assertEquals(
                0,
                DetangleProcess.java(Launch.MODULE_PATH, "verify", model.toString())
                        .status());
    }

    @Test
    void aTerminationIsNoFailureOfThoseWhoHaveAsked() throws Exception {
        Path log = folder.resolve("log");
        Process server = start(TinyModel.SHIPPED, log);
        try {
            URI address = address(server, log);
            ask(address, LONG).get(60, TimeUnit.SECONDS);
            List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                asked.add(ask(address, LONG));
            }
            CompletableFuture.anyOf(asked.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
            server.destroy();
            for (CompletableFuture<HttpResponse<String>> answer : asked) {
                assertEquals(200, answer.get(60, TimeUnit.SECONDS).statusCode());
            }
            assertTrue(server.waitFor(60, TimeUnit.SECONDS), "it does not end");
            List<String> lines = Files.readAllLines(log).stream()
                    .filter(l -> l.startsWith("{"))
                    .toList();
            assertEquals(1 + asked.size(), lines.size());
            for (String line : lines) {
                JsonNode access = JsonMapper.shared().readTree(line);
                assertEquals("/predict", access.get("path").stringValue());
                assertEquals(200, access.get("status").intValue());
                assertTrue(access.get("duration_ms").doubleValue() > 0, line);
            }
        } finally {
            server.destroyForcibly();
        }
    }
}
