package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.InferenceServer;
import detangle.server.ServerOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine;

/**
 * deploy/kubernetes.yaml, dist/Dockerfile and .dockerignore against the routes and options that there are, and against
 * each other.
 */
class DeploymentTest {
    private static final Path HOME = Path.of(System.getProperty("detangle.home"));

    private static Node deployment;
    private static Node service;
    private static String dockerfile;

    /** A part of a document of YAML. */
    private record Node(Object value) {
        /** What stands at the end of a path of keys and of places in lists. */
        Node at(Object... path) {
            Object at = value;
            for (Object step : path) {
                at = step instanceof Integer place ? ((List<?>) at).get(place) : ((Map<?, ?>) at).get(step);
                assertTrue(at != null, List.of(path) + " is missing");
            }
            return new Node(at);
        }

        String text() {
            return (String) value;
        }

        int number() {
            return (Integer) value;
        }

        List<Node> items() {
            return ((List<?>) value).stream().map(Node::new).toList();
        }

        boolean has(String key) {
            return ((Map<?, ?>) value).containsKey(key);
        }
    }

    @BeforeAll
    static void read() throws IOException {
        Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
        List<Node> documents = new ArrayList<>();
        yaml.loadAll(Files.readString(HOME.resolve("deploy/kubernetes.yaml")))
                .forEach(document -> documents.add(new Node(document)));
        assertEquals(
                List.of("Deployment", "Service"),
                documents.stream().map(document -> document.at("kind").text()).toList());
        deployment = documents.get(0);
        service = documents.get(1);
        dockerfile = Files.readString(HOME.resolve("dist/Dockerfile"));
    }

    private static Node pod() {
        return deployment.at("spec", "template", "spec");
    }

    private static Node container() {
        return pod().at("containers", 0);
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (Node variable : container().at("env").items()) {
            environment.put(
                    variable.at("name").text(),
                    variable.has("value") ? variable.at("value").text() : "of a secret");
        }
        return environment;
    }

    /**
     * The server takes what the container is started with: every variable is an option, and has a value that it can
     * have.
     */
    @Test
    void variablesAndArgumentsAreOptions() {
        List<String> arguments =
                container().at("args").items().stream().map(Node::text).toList();
        assertEquals("serve", arguments.getFirst());
        Map<String, String> environment = environment();
        CommandLine line = Main.commands(environment);
        CommandLine serve = line.getSubcommands().get("serve");
        String help = serve.getUsageMessage();
        environment.keySet().forEach(name -> assertTrue(help.contains(name), name));
        line.parseArgs(arguments.toArray(String[]::new));
        assertEquals("0.0.0.0", serve.getCommandSpec().findOption("--host").getValue());
        assertEquals(container().at("ports", 0, "containerPort").number(), (Integer)
                serve.getCommandSpec().findOption("--port").getValue());
        assertEquals(true, serve.getCommandSpec().findOption("--json-output").getValue());
        // Kubernetes would overwrite DETANGLE_PORT for a service of this name.
        assertEquals("detangle", service.at("metadata", "name").text());
        assertEquals(false, pod().at("enableServiceLinks").value());
    }

    private static String status(int port, String path) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(15_000);
            // As the kubelet asks: by the address of the pod, and without a key.
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: 10.1.2.3:8080\r\nUser-Agent: kube-probe/1.34\r\n"
                                    + "Accept: */*\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.substring(0, answer.indexOf("\r\n"));
        }
    }

    @Test
    void probesAreAnswered(@TempDir Path folder) throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("m", TinyModel.write(folder.resolve("m"), "Model", List.of("LABEL_0")));
        ServerOptions options = ServerOptions.DEFAULT
                .withHost(environment().get("DETANGLE_HOST"))
                .withPort(0)
                .withApiKey("secret");
        try (InferenceServer server = InferenceServer.start(models, options)) {
            for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
                String path = container().at(probe, "httpGet", "path").text();
                assertEquals("HTTP/1.1 200 OK", status(server.port(), path), probe);
                assertEquals("http", container().at(probe, "httpGet", "port").text());
            }
            assertEquals("HTTP/1.1 401 Unauthorized", status(server.port(), "/metrics"));
        }
        assertEquals("http", container().at("ports", 0, "name").text());
        assertEquals("http", service.at("spec", "ports", 0, "targetPort").text());
    }

    @Test
    void theContainerMayDoLittle() {
        Node security = container().at("securityContext");
        assertEquals(true, security.at("readOnlyRootFilesystem").value());
        assertEquals(false, security.at("allowPrivilegeEscalation").value());
        assertEquals(List.of("ALL"), security.at("capabilities", "drop").value());
        assertEquals(true, pod().at("securityContext", "runAsNonRoot").value());
        assertEquals(false, pod().at("automountServiceAccountToken").value());
        for (String resource : List.of("cpu", "memory")) {
            assertFalse(container().at("resources", "limits", resource).text().isEmpty());
            assertFalse(container().at("resources", "requests", resource).text().isEmpty());
        }
        // What may be written.
        assertEquals("/tmp", container().at("volumeMounts", 0, "mountPath").text());
        assertEquals(
                container().at("volumeMounts", 0, "name").text(),
                pod().at("volumes", 0, "name").text());
        assertTrue(pod().at("volumes", 0).has("emptyDir"));
        assertEquals(
                deployment.at("spec", "selector", "matchLabels").value(),
                deployment.at("spec", "template", "metadata", "labels").value());
        assertEquals(
                service.at("spec", "selector").value(),
                deployment.at("spec", "selector", "matchLabels").value());
    }

    /** What runs is answered before the container is killed. */
    @Test
    void thereIsTimeToEnd() {
        Node pause = container().at("lifecycle", "preStop", "exec", "command");
        assertEquals("sleep", pause.at(0).text());
        long needed = Long.parseLong(pause.at(1).text())
                + ServerOptions.DEFAULT.grace().toSeconds();
        assertTrue(pod().at("terminationGracePeriodSeconds").number() > needed, "it takes " + needed);
    }

    private static String instruction(String pattern) {
        Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(dockerfile);
        assertTrue(matcher.find(), pattern);
        return matcher.group(1);
    }

    @Test
    void theImageIsOfTheSameUserAndPort() {
        assertEquals(
                pod().at("securityContext", "runAsUser").number() + ":"
                        + pod().at("securityContext", "runAsGroup").number(),
                instruction("^USER (\\S+)$"));
        assertEquals(
                String.valueOf(container().at("ports", 0, "containerPort").number()), instruction("^EXPOSE (\\d+)$"));
        // The last stage, whose variables are those of the server.
        Matcher variables =
                Pattern.compile("(\\w+)=(\\S+)").matcher(instruction("(?s)^FROM \\$\\{BASE\\}$.*?^ENV (.*?[^\\\\])$"));
        Map<String, String> environment = new LinkedHashMap<>();
        while (variables.find()) {
            environment.put(variables.group(1), variables.group(2));
        }
        assertEquals("C.UTF-8", environment.remove("LANG"));
        assertEquals(Map.of("DETANGLE_HOST", "0.0.0.0", "DETANGLE_PORT", instruction("^EXPOSE (\\d+)$")), environment);
        String healthcheck = instruction("^HEALTHCHECK .*CMD \\[\"/opt/detangle/bin/(\\w+)\"\\]$");
        assertTrue(Files.isExecutable(HOME.resolve("dist/src/bin").resolve(healthcheck)));
    }

    /** The parts of the build are in the image's context, and what builds have left is not. */
    @Test
    void theContextHoldsWhatTheImageIsBuiltFrom() throws IOException {
        List<String> ignored;
        try (Stream<String> lines = Files.lines(HOME.resolve(".dockerignore"))) {
            ignored = lines.filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
        assertTrue(ignored.containsAll(List.of(".git", "**/target")), ignored.toString());
        List<String> needed = new ArrayList<>(List.of(
                "pom.xml", "build", "mvnw", ".mvn", "LICENSE", "README.md", "docs", "examples", "dist/src", "models"));
        Matcher modules = Pattern.compile("<module>(.*?)</module>").matcher(Files.readString(HOME.resolve("pom.xml")));
        while (modules.find()) {
            needed.add(modules.group(1));
        }
        for (String part : needed) {
            assertTrue(Files.exists(HOME.resolve(part)), part);
            assertTrue(
                    ignored.stream().noneMatch(line -> line.equals(part) || part.startsWith(line + "/")),
                    part + " is ignored");
        }
    }
}
