package detangle.server;

import detangle.testing.SoakSample;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A process of {@link SoakServer}. */
final class SoakProcess implements AutoCloseable {
    private static final int HEAP_MEBIBYTES = 768;
    private static final long PATIENCE_SECONDS = 300;

    private final Process process;
    private final PrintStream commands;
    private final BufferedReader answers;
    private final int port;
    private final int hastyPort;

    /**
     * Starts the process.
     *
     * @param folder for its files
     */
    SoakProcess(SequencedMap<String, Path> models, Path folder) throws IOException {
        Path logging = folder.resolve("logging.properties");
        // Helidon tells of each start and stop at the level INFO.
        Files.writeString(logging, "handlers=java.util.logging.ConsoleHandler\n.level=WARNING\n");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // The whole heap is resident from the start, so that what the resident memory grows by is outside.
                "-Xms" + HEAP_MEBIBYTES + "m",
                "-Xmx" + HEAP_MEBIBYTES + "m",
                "-XX:+AlwaysPreTouch",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Ddetangle.home=" + System.getProperty("detangle.home"),
                "-Djava.util.logging.config.file=" + logging,
                "-cp",
                classPath(),
                SoakServer.class.getName()));
        models.forEach((name, model) -> command.add(name + "=" + model));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
        port = Integer.parseInt(answer());
        hastyPort = Integer.parseInt(answer());
    }

    /** Returns the folders and jars of this process: a module path is a class path too. */
    private static String classPath() {
        return String.join(
                File.pathSeparator,
                Path.of(System.getProperty("basedir"), "target", "test-classes").toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"));
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the server's process has ended");
        }
        return line;
    }

    private synchronized String ask(String command) throws IOException {
        commands.println(command);
        return answer();
    }

    /** Returns the port of the server that has time to answer. */
    int port() {
        return port;
    }

    /** Returns the port of the server that gives requests one millisecond. */
    int hastyPort() {
        return hastyPort;
    }

    SoakSample sample() throws IOException {
        return SoakSample.parse(ask("sample"));
    }

    /** Loads all models anew, and returns their answers to requests {@code {"model": NAME, "body": {...}}}. */
    JsonNode reload(List<Map<String, Object>> requests) throws IOException {
        return JsonMapper.shared().readTree(ask(JsonMapper.shared().writeValueAsString(requests)));
    }

    /** Ends the process, which has to end by itself once nothing asks it any more. */
    @Override
    public void close() throws IOException {
        commands.close();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("the server's process does not end");
            }
            if (process.exitValue() != 0) {
                throw new IOException("the server's process has ended with status " + process.exitValue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
