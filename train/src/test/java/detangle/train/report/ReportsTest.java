package detangle.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.train.TrainingCallback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class ReportsTest {
    @TempDir
    private Path folder;

    private static LogEntry entry(long step, Object... namesAndValues) {
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put((String) namesAndValues[i], (Double) namesAndValues[i + 1]);
        }
        return new LogEntry(step, step / 10.0, values);
    }

    @Test
    void theLogHasTheMeanLossOfItsUpdates() {
        List<LogEntry> heard = new ArrayList<>();
        TrainingLog log = new TrainingLog(2, heard::add);
        for (int step = 1; step <= 5; step++) {
            log.onStep(new TrainingCallback.Step(step, 5, step / 5.0, step, 10 + step, 0.1, 8, List.of()));
        }
        SequencedMap<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("accuracy", 0.5);
        log.onEvaluate(new TrainingCallback.Evaluation(5, 1, metrics, true));
        assertEquals(heard, log.entries());
        assertEquals(
                List.of(1.5, 3.5),
                heard.stream()
                        .filter(e -> !e.isEvaluation())
                        .map(e -> e.values().get("loss"))
                        .toList());
        assertEquals(14, heard.get(1).values().get("grad_norm"));
        assertEquals(0.5, heard.getLast().values().get("eval_accuracy"));
    }

    /** The check value of CRC-32C is 0xE3069283; TensorFlow's mask rotates it and adds a constant. */
    @Test
    void aChecksumIsMasked() {
        assertEquals(0xc78ab0e5, EventFile.checksum("123456789".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void recordsOfTensorBoard() throws IOException {
        Path file;
        try (EventFile events = new EventFile(folder)) {
            events.begin(200);
            events.add(entry(300, "loss", 0.25, "eval_accuracy", 0.75));
            file = events.file();
        }
        assertTrue(file.getFileName().toString().startsWith("events.out.tfevents."));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<String> read = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            assertEquals(EventFile.checksum(length), bytes.getInt());
            byte[] content = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            bytes.get(content);
            assertEquals(EventFile.checksum(content), bytes.getInt());
            read.add(event(content));
        }
        assertEquals(
                List.of(
                        "brain.Event:2",
                        "start at 200",
                        "train/loss 0.25 at 300",
                        "eval/accuracy 0.75 at 300",
                        "train/epoch 30.0 at 300"),
                read);
    }

    /** Reads an event whose messages have less than 128 bytes and whose step takes two. */
    private static String event(byte[] content) {
        ByteBuffer event = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x09, event.get());
        assertTrue(Math.abs(event.getDouble() - System.currentTimeMillis() / 1000.0) < 600);
        byte field = event.get();
        if (field == 0x1A) {
            return new String(content, event.position() + 1, event.get(), StandardCharsets.UTF_8);
        }
        assertEquals(0x10, field);
        int step = event.get() & 0x7F | event.get() << 7;
        byte kind = event.get();
        if (kind == 0x3A) {
            assertEquals(2, event.get());
            return (event.getShort() == 0x0108 ? "start" : "another status") + " at " + step;
        }
        assertEquals(0x2A, kind);
        assertEquals(event.remaining() - 1, event.get());
        assertEquals(0x0A, event.get());
        assertEquals(event.remaining() - 1, event.get());
        assertEquals(0x0A, event.get());
        byte[] tag = new byte[event.get()];
        event.get(tag);
        assertEquals(0x15, event.get());
        return new String(tag, StandardCharsets.UTF_8) + " " + event.getFloat() + " at " + step;
    }

    @Test
    void aPageWithCurves() throws IOException {
        SequencedMap<String, String> options = new LinkedHashMap<>();
        options.put("train_file", "a<b.csv");
        SequencedMap<String, Double> results = new LinkedHashMap<>();
        results.put("eval_accuracy", 0.875);
        List<LogEntry> log = List.of(
                entry(1, "loss", 2.0, "learning_rate", 1e-5),
                entry(2, "loss", Double.NaN, "learning_rate", 5e-6),
                entry(2, "eval_loss", 1.5, "eval_accuracy", 0.875));
        Path file = folder.resolve("report.html");
        new HtmlReport("Training of <x>", options, results, log).write(file);
        String page = Files.readString(file);
        assertTrue(page.contains("a&lt;b.csv") && page.contains("0.8750"));
        assertFalse(page.contains("http://") || page.contains("https://") || page.contains("<script"));
        for (String heading : List.of("Loss", "Validation", "Learning rate")) {
            assertTrue(page.contains("<h2>" + heading + "</h2>"), heading);
        }
        assertFalse(page.contains("Norm of the gradients")); // There is no such value in the log.
        for (int at = page.indexOf("<svg"); at >= 0; at = page.indexOf("<svg", at + 1)) {
            String svg = page.substring(at, page.indexOf("</svg>", at) + "</svg>".length());
            assertTrue(svg.startsWith("<svg viewBox="), svg);
            assertEquals(count(svg, "<"), 2 * count(svg, "</") + count(svg, "/>"), svg);
            assertEquals(count(svg, "<"), count(svg, ">"), svg);
            assertFalse(svg.contains("NaN"));
        }
    }

    @Test
    void axesHaveRoundNumbersAndOneLastStep() {
        List<LogEntry> log = List.of(
                entry(5, "loss", 1.38, "learning_rate", 9.53e-4),
                entry(95, "loss", 0.293, "learning_rate", 2.33e-5),
                entry(96, "eval_loss", 0.43, "eval_<b>", 0.25));
        SequencedMap<String, Double> results = new LinkedHashMap<>();
        results.put("train_samples", 384.0);
        results.put("train_runtime", 150.7361);
        String page = new HtmlReport("Training", new LinkedHashMap<>(), results, log).html();
        assertEquals(
                List.of("0", "0.5", "1.0", "1.5", "0", "20", "40", "60", "96 updates"), texts(page, "<h2>Loss</h2>"));
        assertEquals(
                List.of("0", "5e-4", "1e-3", "0", "20", "40", "60", "96 updates"),
                texts(page, "<h2>Learning rate</h2>"));
        assertTrue(page.contains("<td>384</td>") && page.contains("<td>150.7 s</td>"), page);
        assertFalse(page.contains("<b>"), page);
    }

    @Test
    void aConstantHasAnAxisOfItsSize() {
        List<LogEntry> log = List.of(entry(1, "learning_rate", 5e-5), entry(4000, "learning_rate", 5e-5));
        assertEquals(
                List.of("2e-5", "4e-5", "6e-5", "8e-5", "0", "1000", "2000", "3000", "4000 updates"),
                texts(
                        new HtmlReport("Training", new LinkedHashMap<>(), new LinkedHashMap<>(), log).html(),
                        "<h2>Learning rate</h2>"));
    }

    /** Returns the texts of the picture under a heading. */
    private static List<String> texts(String page, String heading) {
        String below = page.substring(page.indexOf(heading));
        String picture = below.substring(below.indexOf("role=\"img\""));
        return Pattern.compile("<text[^>]*>([^<]*)</text>")
                .matcher(picture.substring(0, picture.indexOf("</svg>")))
                .results()
                .map(text -> text.group(1))
                .toList();
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    @Test
    void resultsAsJson() throws IOException {
        JsonResults.write(
                folder.resolve("eval_results.json"), Map.of("eval_loss", 0.5, "eval_samples", 20.0, "epoch", 3.0));
        assertEquals(
                "{\n    \"epoch\": 3.0,\n    \"eval_loss\": 0.5,\n    \"eval_samples\": 20\n}",
                Files.readString(folder.resolve("eval_results.json")));
        JsonResults.writeState(
                folder.resolve("trainer_state.json"),
                Map.of("global_step", 7.0),
                "",
                List.of(entry(7, "loss", Double.NaN)));
        JsonNode state = JsonMapper.shared()
                .readTree(folder.resolve("trainer_state.json").toFile());
        assertEquals(7, state.get("global_step").asInt());
        assertTrue(state.get("best_model_checkpoint").isNull());
        assertTrue(state.get("log_history").get(0).get("loss").isNull());
        assertEquals(List.of("eval_results.json", "trainer_state.json"), names());
    }

    /** Names of a megabyte reach the limit of bytes long before that of values. */
    @Test
    void theNewestEntriesFitIntoACheckpoint() {
        String name = "é\n".repeat(250_000);
        List<LogEntry> entries = new ArrayList<>();
        for (int step = 1; step <= 50; step++) {
            entries.add(entry(step, name, 1.0 / step));
        }
        List<LogEntry> newest = LogHistory.newest(entries);
        assertEquals(50, newest.getLast().step());
        byte[] written =
                JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsBytes(LogHistory.json(newest));
        int entryBytes = 1_000_000;
        assertTrue(written.length > (30 << 20) - 2 * entryBytes && written.length <= 30 << 20, "" + written.length);
        assertEquals(entries.subList(0, 20), LogHistory.newest(entries.subList(0, 20)));
    }

    private List<String> names() {
        return Arrays.stream(folder.toFile().list()).sorted().toList();
    }
}
