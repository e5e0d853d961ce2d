package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.DetectionOptions;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command redact: no text of what was found is left, and nothing else changes. */
class RedactCommandTest {
    private static final String ADA = "Ada lives in London.";

    @TempDir
    private static Path models;

    @TempDir
    private Path folder;

    private static String gliner;
    private Path out;

    private record Ended(int status, String out, String err) {}

    @BeforeAll
    static void write() throws IOException {
        gliner = TinyGliner.write(models.resolve("gliner")).toString();
    }

    @BeforeEach
    void name() {
        out = folder.resolve("out.txt");
    }

    private static Ended redact(String... options) {
        return redactBy(gliner, "person,city", options);
    }

    private static Ended redactBy(String model, String labels, String... options) {
        List<String> arguments = new ArrayList<>(List.of("redact", "--model", model));
        if (!labels.isEmpty()) {
            arguments.addAll(List.of("--labels", labels));
        }
        arguments.addAll(List.of(options));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
        return new Ended(status, out.toString(), err.toString());
    }

    private static Ended done(Ended ended) {
        assertEquals(0, ended.status(), ended.err());
        return ended;
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** With a threshold that nothing reaches. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Ada\nlives\n",
                "Ada\r\nlives\r\n\r\n \t\r\nhere",
                "\uFEFFAda\r\nlives\nhere\n\n\n",
                "\uFEFF",
                "\n",
                "a\rb\u2028c\u0085d\tA\u0000B \uD83D\uDE00 \u05E9\u05DC\u05D5\u05DD e\u0301\n",
            })
    void aFileInWhichNothingIsFoundIsTheSameBytes(String content) throws IOException {
        for (String format : List.of("text", "document")) {
            Path file = file("in.txt", content);
            if (content.equals("\uFEFF") && format.equals("text")) {
                continue; // A file without a line.
            }
            String[] options = {"--threshold", "1", "--file", file.toString(), "--input-format", format};
            done(redact(with(options, "-o", out.toString())));
            assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(out), format);
            // One text at a time, and through standard output.
            assertEquals(content, done(redact(with(options, "--batch", "1"))).out());
        }
    }

    private static String[] with(String[] some, String... more) {
        String[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    @Test
    void aMaskKeepsLinesAndLengths() throws IOException {
        String content = "\uFEFF" + ADA + "\r\n\r\n\uD83D\uDE00 Grace and Ada\nlast line";
        Path file = file("in.txt", content);
        for (String format : List.of("text", "document")) {
            Ended ended = done(redact(
                    "--threshold", "0.3", "--operator", "mask", "--file", file.toString(), "--input-format", format));
            int[] before = content.codePoints().toArray();
            int[] after = ended.out().codePoints().toArray();
            assertEquals(before.length, after.length);
            int masked = 0;
            for (int i = 0; i < before.length; i++) {
                assertTrue(after[i] == before[i] || after[i] == '*', ended.out());
                masked += after[i] == '*' ? 1 : 0;
            }
            assertTrue(masked > 0);
            assertTrue(
                    Pattern.matches(
                            "detangle: replaced \\d+ parts? in \\d of \\d texts?: (city|person) \\d+(, person \\d+)?\\R",
                            ended.err()),
                    ended.err());
        }
    }

    @Test
    void whatIsNotUtf8IsRefused() throws IOException {
        Path file = folder.resolve("in.txt");
        Files.write(file, new byte[] {'A', 'd', 'a', '\n', (byte) 0xC3, '(', '\n'});
        for (String format : List.of("text", "document")) {
            Ended ended = redact("--file", file.toString(), "--input-format", format);
            assertEquals(1, ended.status());
            assertEquals(
                    "detangle: " + file + ", line 2 is not UTF-8: convert the file to UTF-8",
                    ended.err().strip());
        }
        Path broken = file("in.jsonl", "{\"text\":\"Ada \\ud83d\"}\n{\"text\":\"Ada\"}\n");
        Ended refused = redact("--file", broken.toString(), "--format", "jsonl");
        assertEquals(1, refused.status());
        assertEquals(
                "detangle: " + broken
                        + ", row 1, column 'text' has half of a surrogate pair at character 5, which is not"
                        + " a character: correct it",
                refused.err().strip());
        Ended told = done(redact("--file", broken.toString(), "--format", "jsonl", "--on-error", "null"));
        assertEquals(2, told.out().lines().count());
        assertTrue(told.out().startsWith("{\"text\":null,\"error\":"), told.out());
    }

    /** Rows and the columns that are kept are all there; the original text is nowhere. */
    @Test
    void tablesKeepTheirRows() throws IOException {
        Path file = file("in.csv", "id,note,city\n1,\"Ada, the first\nof two\",Rome\n2,,Paris\n3, ,\n");
        String[] options = {"--file", file.toString(), "--column", "note", "--keep-columns", "--threshold", "1"};
        assertEquals(
                "id,city,note\r\n1,Rome,\"Ada, the first\nof two\"\r\n2,Paris,\r\n3,, \r\n",
                done(redact(with(options, "--format", "csv"))).out());
        Ended lines = done(redact(with(options, "--format", "jsonl", "--row-number")));
        JsonNode first =
                JsonMapper.shared().readTree(lines.out().lines().findFirst().orElseThrow());
        assertEquals(List.of("row", "id", "city", "note"), List.copyOf(first.propertyNames()));
        assertEquals("Ada, the first\nof two", first.get("note").stringValue());
        Ended hidden = done(redact(
                "--file",
                file.toString(),
                "--column",
                "note",
                "--threshold",
                "0",
                "--operator",
                "mask",
                "--format",
                "csv"));
        assertFalse(hidden.out().contains("Ada"), hidden.out());
        assertEquals(List.of("note"), hidden.out().lines().limit(1).toList());
        // A line of text for each row, whatever its text holds.
        assertEquals(
                "Ada, the first\\nof two\n\n \n",
                done(redact("--file", file.toString(), "--column", "note", "--threshold", "1"))
                        .out());
        Path parquet = folder.resolve("out.parquet");
        done(redact("--file", file.toString(), "--column", "note", "--threshold", "1", "-o", parquet.toString()));
        assertTrue(Files.size(parquet) > 0);
    }

    /** Rows of like length run together, and numbers follow the file. */
    @Test
    void numbersOfARunFollowTheOrderOfTheFile() throws IOException {
        StringBuilder content = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            content.append(
                    i % 3 == 0 ? "Ada" + i + " lives in London and works in Rome.\n" : "Grace" + i + " is here.\n");
        }
        Path file = file("in.txt", content.toString());
        String[] options = {
            "--threshold", "0.3", "--file", file.toString(), "--operator", "number", "--batch", "2", "--counters"
        };
        String run = done(redact(with(options, "run"))).out();
        for (String kind : List.of("PERSON", "CITY")) {
            int next = 1;
            Matcher matcher = Pattern.compile("\\[" + kind + "_(\\d+)]").matcher(run);
            while (matcher.find()) {
                int number = Integer.parseInt(matcher.group(1));
                assertTrue(number <= next, run);
                next = Math.max(next, number + 1);
            }
        }
        assertTrue(run.contains("_2]"), run);
        String each = done(redact(with(options, "text"))).out();
        assertTrue(each.lines().filter(line -> line.contains("[")).allMatch(line -> line.contains("_1]")), each);
    }

    @Test
    void reportsTellWhatWasReplacedAndNotWhatItWas() throws IOException {
        String text = "\uD83D\uDE00 Ada lives in London.";
        Path file = file("in.txt", text + "\n\n" + text + "\n");
        Path spans = folder.resolve("spans.jsonl");
        Path report = folder.resolve("report.json");
        String[] options = {
            "--threshold",
            "0.3",
            "--file",
            file.toString(),
            "--spans",
            spans.toString(),
            "--report",
            report.toString(),
            "--offsets"
        };
        List<String> redacted =
                done(redact(with(options, "utf_16"))).out().lines().toList();
        List<JsonNode> lines = Files.readAllLines(spans).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
        assertEquals(
                List.of(1, 3), lines.stream().map(l -> l.get("row").intValue()).toList());
        int count = 0;
        for (JsonNode span : lines.getFirst().get("spans")) {
            assertEquals(
                    List.of("label", "score", "start", "end", "replacement", "new_start", "new_end"),
                    List.copyOf(span.propertyNames()));
            assertEquals(
                    span.get("replacement").stringValue(),
                    redacted.getFirst()
                            .substring(
                                    span.get("new_start").intValue(),
                                    span.get("new_end").intValue()));
            count++;
        }
        int last = lines.getFirst().get("spans").get(count - 1).get("end").intValue();
        done(redact(with(options, "code_points")));
        JsonNode points = JsonMapper.shared().readTree(Files.readAllLines(spans).getFirst());
        assertEquals(last - 1, points.get("spans").get(count - 1).get("end").intValue());
        JsonNode counts = JsonMapper.shared().readTree(report);
        assertEquals(3, counts.get("texts").intValue());
        assertEquals(2, counts.get("changed").intValue());
        assertEquals(2 * count, counts.get("replaced").intValue());
        String all = Files.readString(spans) + Files.readString(report);
        assertFalse(all.contains("London") || all.contains("Ada"), all);
    }

    @Test
    void hashesNeedAKeyThatIsInAFile() throws IOException {
        Path key = file("key", "0123456789abcdef0123456789abcdef\n");
        String[] options = {"--threshold", "0.3", "--operator", "hash", ADA, "--hash-key-file"};
        String first = done(redact(with(options, key.toString()))).out();
        assertTrue(
                Pattern.compile("\\[(PERSON|CITY)_[0-9a-f]{16}]").matcher(first).find(), first);
        assertEquals(first, done(redact(with(options, key.toString()))).out());
        assertTrue(Pattern.compile("_[0-9a-f]{32}]")
                .matcher(done(redact(with(options, key.toString(), "--hash-length", "32")))
                        .out())
                .find());
        Files.writeString(key, "fedcba9876543210fedcba9876543210\n");
        assertFalse(first.equals(done(redact(with(options, key.toString()))).out()));
        Files.writeString(key, "short");
        assertEquals(1, redact(with(options, key.toString())).status());
        Ended none = redact("--operator", "hash", ADA);
        assertEquals(2, none.status());
        assertTrue(none.err().startsWith("detangle: hashes need a key: give a file"), none.err());
    }

    @Test
    void everyKindOfModelRedacts() throws IOException {
        String tags = TinyModel.write(
                        models.resolve("tags"),
                        "ForTokenClassification",
                        List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC"))
                .toString();
        String gliner2 = TinyGliner2.write(models.resolve("gliner2")).toString();
        String ofTags = done(redactBy(tags, "", ADA)).out();
        assertTrue(ofTags.contains("[PER]") || ofTags.contains("[LOC]"), ofTags);
        assertFalse(done(redactBy(tags, "PER", ADA)).out().contains("[LOC]"));
        assertTrue(done(redactBy(gliner2, "person,city", "--threshold", "0.01", ADA))
                .out()
                .contains("["));
        Ended other = redactBy(tags, "person", ADA);
        assertEquals(1, other.status());
        assertEquals(
                "detangle: the model has no label 'person'; there are PER, LOC",
                other.err().strip());
        // Personal data, where nothing is named.
        assertEquals(
                done(redactBy(gliner, String.join(",", DetectionOptions.PERSONAL_DATA), "--threshold", "0.3", ADA))
                        .out(),
                done(redactBy(gliner, "", "--threshold", "0.3", ADA)).out());
    }

    @Test
    void whatDoesNotGoTogetherIsWrongUse() throws IOException {
        Path file = file("in.txt", ADA);
        for (String[] options : new String[][] {
            {"--threshold", "2"},
            {"--operator", "hide"},
            {"--operators", "city"},
            {"--operators", "city=keep,city=mask"},
            {"--masking-char", "#"},
            {"--operator", "mask", "--masking-char", "##"},
            {"--operator", "number", "--new-value", "X"},
            {"--hash-key-file", file.toString(), "--operator", "mask"},
            {"--spans", "a.json", "--report", "a.json"},
            {"--spans", "a.txt", "--output", "./a.txt"},
        }) {
            assertEquals(
                    2, redact(with(options, ADA)).status(), List.of(options).toString());
        }
        assertEquals(
                2, redact("--file", file.toString(), "--spans", file.toString()).status());
        assertEquals(
                1,
                redact("--report", folder.resolve("missing/a.json").toString(), ADA)
                        .status());
        Ended unknown = redact("--operators", "iban=keep", ADA);
        assertEquals(1, unknown.status());
        assertTrue(unknown.err().contains("for a label that is not looked for: 'iban'"), unknown.err());
        assertEquals(
                "<PERSON>",
                done(redactBy(gliner, "person", "--threshold", "0", "--new-value", "<{label}>", "Ada"))
                        .out()
                        .strip());
        assertEquals(
                ADA + System.lineSeparator(),
                done(redact("--threshold", "0.3", "--operators", "city=keep,person=keep", ADA))
                        .out());
    }

    /** The whole of a file is a text for other commands too. */
    @Test
    void aDocumentIsOneText() throws IOException {
        Path file = file("in.md", ADA + "\n\n" + ADA);
        StringWriter printed = new StringWriter();
        assertEquals(
                0,
                Main.run(
                        new PrintWriter(printed),
                        new PrintWriter(new StringWriter()),
                        "classify",
                        "--file",
                        file.toString(),
                        "--input-format",
                        "document",
                        "--format",
                        "jsonl"));
        assertEquals(1, printed.toString().lines().count());
        assertEquals(
                Files.readString(file, StandardCharsets.UTF_8),
                JsonMapper.shared().readTree(printed.toString()).get("text").stringValue());
        assertEquals(
                2,
                redact("--file", file.toString(), "--input-format", "document", "--column", "a")
                        .status());
    }
}
