package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * config.json without {@code architectures}, with a class that is not transformers', or two: the command or the route
 * says what is wanted, and the checkpoint has the head.
 */
class ArchitecturesCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("14-architectures");

    @TempDir
    private Path folder;

    private static void classifies(String model) {
        assertEquals("neu (0.54)", CASE.out("classify", "--model", model, "hi").strip());
    }

    @Test
    void theCommandSaysWhatIsWanted() {
        classifies("no-architectures");
        classifies("other-class");
        classifies("two-names");
    }

    @Test
    void hiddenStatesNeedNoHead() {
        JsonNode vector = JsonMapper.shared()
                .readTree(CASE.out("feature-extraction", "--model", "other-class", "--format", "json", "hi"));
        assertEquals(16, vector.get(0).size());
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
    void soDoesTheRoute() throws Exception {
        Path log = folder.resolve("log");
        Process server = ServeTest.start(CASE.path().resolve("no-architectures"), log);
        try {
            URI address = ServeTest.address(server, log);
            String answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(address.resolve("/predict"))
                                    .header("Content-Type", "application/json")
                                    .POST(BodyPublishers.ofString("{\"inputs\":\"hi\"}"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            JsonNode best = JsonMapper.shared().readTree(answer).get(0);
            assertEquals("neu", best.path("label").asString(""), answer);
            assertEquals(0.54, best.get("score").doubleValue(), 0.005, answer);
        } finally {
            server.descendants().forEach(ProcessHandle::destroyForcibly);
            server.destroyForcibly().waitFor();
        }
    }

    @Test
    void aTaskThatTheCheckpointCannotDoIsRefused() {
        CASE.fails(
                1,
                "lacks 2 parameters: qa_outputs.weight, qa_outputs.bias",
                "question-answering",
                "--model",
                "no-architectures",
                "--question",
                "hi?",
                "hi");
        CASE.fails(2, "--task must be one of", "serve", "no-architectures", "--task", "poetry");
        CASE.fails(
                1,
                "no-architectures has 3 labels: ranking needs a model with one",
                "serve",
                "no-architectures",
                "--task",
                "text-ranking");
        assertTrue(CASE.out("inspect", "no-architectures").contains("sequence-classification"));
    }
}
