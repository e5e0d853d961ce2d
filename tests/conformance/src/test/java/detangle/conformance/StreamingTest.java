package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a process does with its streams: rows come as they are done, and neither Ctrl-C, a reader that goes nor a full
 * disk loses one.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamingTest {
    private static final int SIGINT_STATUS = 130;
    private static final int SIGPIPE_STATUS = 141;

    @TempDir
    private Path folder;

    private static String row(int number) {
        return "Where is my card number " + number + "? " + "I have asked for it before. ".repeat(number % 5);
    }

    private static void write(OutputStream out, int number) throws IOException {
        out.write((row(number) + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor());
    }

    private static String errors(Process process) throws IOException {
        return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                .toList()
                .toString();
    }

    @Test
    void whatIsTypedIsAnsweredAndCtrlCLeavesIt() throws Exception {
        Process process = DetangleProcess.start("classify", "--file", "-", "--format", "json", "--row-number");
        try (OutputStream in = process.getOutputStream();
                BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            StringBuilder read = new StringBuilder();
            for (int i = 1; i <= 3; i++) {
                write(in, i);
                for (int c = out.read(); c != '}'; c = out.read()) {
                    assertTrue(c >= 0, read.toString());
                    read.append((char) c);
                }
                read.append('}');
            }
            interrupt(process);
            for (int c = out.read(); c >= 0; c = out.read()) {
                read.append((char) c);
            }
            JsonNode rows = JsonMapper.shared().readTree(read.toString());
            assertEquals(3, rows.size());
            assertEquals(3, rows.get(2).get("row").intValue());
            assertEquals("[]", errors(process));
            assertEquals(SIGINT_STATUS, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void ctrlCLeavesWholeLinesInOrder() throws Exception {
        Path file = folder.resolve("many.txt");
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 60_000; i++) {
            texts.add(row(i));
        }
        Files.write(file, texts);
        Path output = folder.resolve("out.jsonl");
        Process process = DetangleProcess.start("classify", "--file", file.toString(), "--output", output.toString());
        try {
            while (!Files.exists(output) || Files.size(output) < 20_000) {
                assertTrue(process.isAlive(), () -> "it ended by itself");
                Thread.sleep(20);
            }
            interrupt(process);
            assertEquals("[]", errors(process));
            assertEquals(SIGINT_STATUS, process.waitFor());
            String content = Files.readString(output);
            assertTrue(content.endsWith("\n"));
            List<String> lines = content.lines().toList();
            assertTrue(lines.size() < texts.size());
            for (int i = 0; i < lines.size(); i++) {
                assertEquals(
                        texts.get(i),
                        JsonMapper.shared().readTree(lines.get(i)).get("text").stringValue());
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aReaderThatGoesEndsTheRun() throws Exception {
        int all = 50_000;
        AtomicInteger written = new AtomicInteger();
        Process process = DetangleProcess.start("classify", "--file", "-", "--format", "csv");
        try {
            Thread writer = Thread.ofPlatform().start(() -> {
                try (OutputStream in = process.getOutputStream()) {
                    for (; written.get() < all; written.incrementAndGet()) {
                        write(in, written.get());
                    }
                } catch (IOException e) {
                    // It has ended, as it is to.
                }
            });
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                assertEquals("text,label,score", out.readLine());
            }
            assertEquals("[]", errors(process));
            assertEquals(SIGPIPE_STATUS, process.waitFor());
            writer.join();
            // What it read ahead and what the pipe holds.
            assertTrue(written.get() < all / 5, written + " rows were read");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aFullDiskIsTold() {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full), "this system has no /dev/full");
        Result result = DetangleProcess.shell("./detangle classify 'Where is my card?' --format csv > /dev/full");
        assertEquals(1, result.status(), result.err());
        assertEquals(
                List.of("detangle: standard output cannot be written: No space left on device"), result.messages());
        // What cannot be said on standard error changes no answer.
        Result silent = DetangleProcess.shell("./detangle classify 'Where is my card?' 2> /dev/full");
        assertEquals(0, silent.status());
        assertTrue(silent.out().startsWith("card_arrival"), silent.out());
        Result file = DetangleProcess.java(
                Launch.MODULE_PATH, "classify", "Where is my card?", "--output", "/dev/full", "--format", "jsonl");
        assertEquals(1, file.status(), file.err());
        assertEquals(List.of("detangle: /dev/full cannot be written: No space left on device"), file.messages());
    }
}
