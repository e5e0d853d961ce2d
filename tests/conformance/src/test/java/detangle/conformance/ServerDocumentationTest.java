package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The requests of the page about the server are answered as it says. They go to the server that is started before
 * them with their port. A comment {@code models NAME KIND; ...} stands before one whose models do not ship: small ones
 * stand in for these, and no answers are shown.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class ServerDocumentationTest {
    /** A block of code, or the comment before one. */
    private static final Pattern PART = Pattern.compile("<!-- (.*?) -->\n|```\n(.*?)```\n", Pattern.DOTALL);

    private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern PORT = Pattern.compile(" --port (\\d+)$");

    @TempDir
    private static Path folder;

    private static final Map<Server, Process> PROCESSES = new HashMap<>();
    private static final Map<Server, URI> ADDRESSES = new HashMap<>();

    /** @param models what is said of its models; empty if they ship */
    private record Server(String command, Optional<String> models) {}

    /**
     * An example.
     *
     * @param server which one is asked; empty for a command that is told what is wrong with it
     * @param output what the document says that it prints
     */
    private record Example(String command, Optional<Server> server, Optional<String> output) {}

    private static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        Optional<String> models = Optional.empty();
        Map<String, Server> servers = new HashMap<>();
        boolean answers = false;
        String document = Files.readString(DetangleProcess.HOME.resolve("docs/SERVER.md"));
        Matcher part = PART.matcher(document);
        int end = 0;
        while (part.find()) {
            // An answer follows its command at once; code further down belongs to something else.
            answers &= document.substring(end, part.start()).isBlank();
            end = part.end();
            String code = Optional.ofNullable(part.group(2)).orElse("").strip();
            if (part.group(1) != null) {
                models = Optional.of(part.group(1)).filter(comment -> comment.startsWith("models "));
            } else if (code.startsWith("./detangle serve")) {
                servers.put(found(PORT, code), new Server(code, models));
                models = Optional.empty();
                answers = false;
            } else if (code.startsWith("curl ") || code.startsWith("DETANGLE_")) {
                Optional<Server> server =
                        code.startsWith("curl ") ? Optional.of(servers.get(found(ADDRESS, code))) : Optional.empty();
                examples.add(new Example(code, server, Optional.empty()));
                answers = true;
            } else if (answers) {
                Example last = examples.removeLast();
                examples.add(new Example(last.command, last.server, Optional.of(code)));
                answers = false;
            }
        }
        return examples;
    }

    private static String found(Pattern pattern, String code) {
        Matcher found = pattern.matcher(code);
        assertTrue(found.find(), code + " has no port");
        return found.group(1);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        for (Process process : PROCESSES.values()) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    @TestFactory
    Stream<DynamicTest> answersAsItSays() throws IOException {
        if (DetangleProcess.shell("curl --version").status() != 0) {
            System.out.println("The examples of docs/SERVER.md are not tested: there is no curl");
            Assumptions.abort("there is no curl");
        }
        List<Example> examples = examples();
        assertFalse(examples.isEmpty());
        return examples.stream()
                .map(example -> DynamicTest.dynamicTest(
                        example.command.lines().findFirst().orElseThrow(), () -> check(example)));
    }

    private static void check(Example example) throws IOException, InterruptedException {
        if (example.server.isEmpty()) {
            Result result = DetangleProcess.shell(example.command);
            assertTrue(result.status() != 0);
            assertEquals(example.output.orElseThrow(), result.err().strip());
            return;
        }
        Server server = example.server.get();
        String command = ADDRESS.matcher(example.command).replaceAll(at(server).toString());
        Result result = DetangleProcess.shell(command.replaceFirst("^curl ", "curl -sS "));
        assertEquals(0, result.status(), result.err());
        JsonNode answer = JsonMapper.shared().readTree(result.out());
        if (server.models.isPresent()) {
            assertTrue(example.output.isEmpty(), "small models answer what means nothing");
            assertFalse(answer.has("error"), result.out());
        } else {
            assertAlike(JsonMapper.shared().readTree(example.output.orElseThrow()), answer, result.out());
        }
    }

    /** Numbers may differ in the last digits: sums over the lanes of vectors have no fixed order. */
    private static void assertAlike(JsonNode expected, JsonNode actual, String all) {
        if (expected.isNumber()) {
            assertEquals(expected.doubleValue(), actual.doubleValue(), 1e-5, all);
        } else if (expected.isArray()) {
            assertEquals(expected.size(), actual.size(), all);
            for (int i = 0; i < expected.size(); i++) {
                assertAlike(expected.get(i), actual.get(i), all);
            }
        } else if (expected.isObject()) {
            assertEquals(List.copyOf(expected.propertyNames()), List.copyOf(actual.propertyNames()), all);
            expected.propertyStream().forEach(field -> assertAlike(field.getValue(), actual.get(field.getKey()), all));
        } else {
            assertEquals(expected, actual, all);
        }
    }

    /** Where a server listens, which is started when it is asked first. */
    private static URI at(Server server) throws IOException, InterruptedException {
        if (!ADDRESSES.containsKey(server)) {
            String command = PORT.matcher(server.command).replaceFirst(" --port 0");
            if (server.models.isPresent()) {
                for (String model :
                        server.models.get().substring("models ".length()).split("; ")) {
                    String[] nameAndKind = model.split(" ", 2);
                    Path written = DocumentationTest.model(nameAndKind[1], folder.resolve(nameAndKind[0]));
                    command = command.replace("models/" + nameAndKind[0], written.toString());
                }
            }
            Path log = folder.resolve("log-" + PROCESSES.size());
            Process process = new ProcessBuilder("bash", "-c", "exec " + command)
                    .directory(DetangleProcess.HOME.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            PROCESSES.put(server, process);
            ADDRESSES.put(server, ServeTest.address(process, log));
        }
        return ADDRESSES.get(server);
    }
}
