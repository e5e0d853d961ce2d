package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Rows of results: which row of the source each is of, what becomes of rows without an answer, and every format read
 * back.
 */
class ResultRowsTest {
    private static final String CARD = "Where is my card?";
    private static final String RATE = "What is the exchange rate?";
    private static final String LONG = (CARD + " ").repeat(200).strip();

    /** Rows 2 to 5 cannot be answered. */
    private static final String ROWS = """
            {"id": "a", "text": "%s", "label": "gold", "n": 1}
            {"id": "b", "text": " ", "n": 2}
            {"id": "c", "text": null, "n": 3}
            {"id": "d", "text": "%s", "n": 4}
            {"id": "e", "text": 5, "n": 5}
            {"id": "f", "text": "%s", "n": 6}
            """.formatted(CARD, LONG, RATE);

    @TempDir
    private Path folder;

    private Path rows;

    @BeforeEach
    void write() throws IOException {
        rows = Files.writeString(folder.resolve("rows.jsonl"), ROWS);
    }

    private record Ended(int status, String out, String err) {}

    private static Ended result(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Ended(status, out.toString(), err.toString());
    }

    private Ended classify(String... options) {
        List<String> arguments = new ArrayList<>(List.of("classify", "--file", rows.toString()));
        arguments.addAll(List.of(options));
        return result(arguments.toArray(String[]::new));
    }

    private static List<JsonNode> lines(String out) {
        return out.lines().map(JsonMapper.shared()::readTree).toList();
    }

    private static List<String> values(List<JsonNode> lines, String name) {
        return lines.stream().map(line -> line.path(name).asString("")).toList();
    }

    @Test
    void failLeavesTheRowsBeforeAndNamesTheRow() {
        Ended ended = classify("--format", "jsonl");
        assertEquals(1, ended.status());
        assertEquals(List.of("card_arrival"), values(lines(ended.out()), "label"));
        assertEquals("detangle: " + rows + ", row 2, column 'text' is empty" + System.lineSeparator(), ended.err());
    }

    @Test
    void skipLeavesRowsOutAndTellsHowMany() {
        Ended ended = classify("--format", "jsonl", "--row-number", "--on-error", "skip");
        assertEquals(0, ended.status(), ended.err());
        assertEquals(
                List.of(1, 6),
                lines(ended.out()).stream().map(l -> l.get("row").intValue()).toList());
        assertEquals(
                List.of(
                        "detangle: 4 rows left out: " + rows + ", row 2, column 'text' is empty",
                        "detangle: " + rows + ", row 3, column 'text' is null",
                        "detangle: " + rows + ", row 4, column 'text' has N tokens, and the model"
                                + " takes 512 (max_position_embeddings of config.json): shorten it, split it, let it"
                                + " be cut (--truncation), or allow more (--max-length)",
                        "detangle: and 1 more"),
                ended.err()
                        .replaceFirst("has \\d+ tokens", "has N tokens")
                        .lines()
                        .toList());
    }

    @Test
    void nullWritesRowsWithAnError() {
        Ended ended = classify("--format", "jsonl", "--id-column", "id", "--on-error", "null");
        assertEquals(0, ended.status(), ended.err());
        List<JsonNode> lines = lines(ended.out());
        assertEquals(List.of("a", "b", "c", "d", "e", "f"), values(lines, "id"));
        for (int i = 0; i < lines.size(); i++) {
            boolean answered = i == 0 || i == 5;
            assertEquals(
                    List.of("id", "text", "label", "score", "error"),
                    List.copyOf(lines.get(i).propertyNames()));
            assertEquals(answered, lines.get(i).get("error").isNull(), ended.out());
            assertEquals(answered, lines.get(i).get("label").isString(), ended.out());
        }
        assertEquals(
                rows + ", row 5, column 'text' is a number, not a text",
                values(lines, "error").get(4));
        String csv = classify("--format", "csv", "--on-error", "null").out();
        assertEquals("text,label,score,error", csv.lines().findFirst().orElseThrow());
        assertEquals(
                " ,,,\"" + rows + ", row 2, column 'text' is empty\"",
                csv.lines().toList().get(2));
        assertEquals(6, classify("--on-error", "null").out().lines().count());
    }

    @Test
    void columnsAreKeptUnderNamesOfTheirOwn() {
        List<JsonNode> lines = lines(classify("--format", "jsonl", "--keep-columns", "--on-error", "skip")
                .out());
        assertEquals(
                List.of("id", "input_label", "n", "text", "label", "score"),
                List.copyOf(lines.getFirst().propertyNames()));
        assertEquals("gold", lines.getFirst().get("input_label").stringValue());
        assertEquals(1, lines.getFirst().get("n").intValue());
        JsonNode array = JsonMapper.shared()
                .readTree(classify("--format", "json", "--row-number", "--on-error", "skip")
                        .out());
        assertEquals(
                List.of("row", "text", "label", "score"),
                List.copyOf(array.get(1).propertyNames()));
    }

    @Test
    void whatDoesNotGoTogetherIsWrongUse() {
        for (String[] options : new String[][] {
            {"--keep-columns"},
            {"--row-number"},
            {"--format", "npy"},
            {"--format", "parquet"},
            {"--output", "a.xlsx"},
            {"--output", "a.parquet", "--format", "jsonl"},
            {"--output", "a.csv", "--format", "tsv"},
            {"--output", rows.toString()}
        }) {
            assertEquals(2, classify(options).status(), List.of(options).toString());
        }
        assertEquals(
                2, result("classify", CARD, "--format", "csv", "--keep-columns").status());
        assertEquals(
                1,
                classify("--output", folder.resolve("missing/a.csv").toString()).status());
        assertEquals(1, classify("--id-column", "nosuch", "--format", "csv").status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"txt", "json", "jsonl", "csv", "tsv"})
    void aFileHoldsWhatStandardOutputDoes(String ending) throws IOException {
        Path output = folder.resolve("out." + ending);
        String format = ending.equals("txt") ? "text" : ending;
        Ended printed = classify("--format", format, "--on-error", "skip");
        Ended written = classify("--output", output.toString(), "--on-error", "skip");
        assertEquals(0, written.status(), written.err());
        assertEquals("", written.out());
        assertEquals(printed.out(), Files.readString(output));
        // A failure leaves what was done, and the format whole.
        assertEquals(1, classify("--output", output.toString()).status());
        assertEquals(classify("--format", format).out(), Files.readString(output));
        assertTrue(Files.readString(output).contains("card_arrival"));
        if (ending.equals("json")) {
            assertEquals(1, JsonMapper.shared().readTree(output).size());
        }
    }

    private static List<Map<String, Object>> parquet(Path file) {
        List<Map<String, Object>> all = new ArrayList<>();
        try (ParquetRows source = new ParquetRows(file, List.of(), true)) {
            for (Optional<SourceRow> row = source.next(); row.isPresent(); row = source.next()) {
                all.add(row.get().columns());
            }
        }
        return all;
    }

    @Test
    void parquetIsReadBack() {
        Path output = folder.resolve("out.parquet");
        Ended ended = classify("--output", output.toString(), "--keep-columns", "--row-number", "--on-error", "null");
        assertEquals(0, ended.status(), ended.err());
        List<Map<String, Object>> all = parquet(output);
        List<JsonNode> lines =
                lines(classify("--format", "jsonl", "--keep-columns", "--row-number", "--on-error", "null")
                        .out());
        assertEquals(6, all.size());
        for (int i = 0; i < all.size(); i++) {
            Map<String, Object> row = all.get(i);
            assertEquals(
                    List.of("row", "id", "input_label", "n", "text", "label", "score", "error"),
                    List.copyOf(row.keySet()));
            for (String name : List.of("id", "label", "error", "input_label")) {
                JsonNode value = lines.get(i).path(name);
                assertEquals(value.isString() ? value.stringValue() : null, row.get(name), name + i);
            }
            assertEquals(i + 1L, row.get("row"));
            assertEquals(i + 1L, row.get("n"));
        }
        assertEquals(lines.getFirst().get("score").doubleValue(), all.getFirst().get("score"));
        // A failure leaves a file that can be read.
        assertEquals(1, classify("--output", output.toString()).status());
        assertEquals(1, parquet(output).size());
        // What is written can be asked about.
        assertEquals(
                "card_arrival",
                lines(result("classify", "--file", output.toString(), "--format", "jsonl")
                                .out())
                        .getFirst()
                        .get("label")
                        .stringValue());
    }

    @Test
    void vectorsAreColumnsOfParquetAndArraysOfNumPy() throws IOException {
        Path parquet = folder.resolve("v.parquet");
        Path npy = folder.resolve("v.npy");
        for (Path output : List.of(parquet, npy)) {
            Ended ended = result(
                    "feature-extraction", "--file", rows.toString(), "--on-error", "null", "-o", output.toString());
            assertEquals(0, ended.status(), ended.err());
        }
        // Vectors that are left out would give the others the places of other rows.
        Ended skipping =
                result("feature-extraction", "--file", rows.toString(), "--on-error", "skip", "-o", npy.toString());
        assertEquals(2, skipping.status(), skipping.err());
        List<Map<String, Object>> all = parquet(parquet);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(npy)).order(ByteOrder.LITTLE_ENDIAN);
        int width = ((List<?>) all.getFirst().get("embedding")).size();
        byte[] head = new byte[128];
        bytes.get(head);
        assertArrayEquals(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0}, Arrays.copyOf(head, 10));
        assertEquals(
                "{'descr': '<f4', 'fortran_order': False, 'shape': (6, " + width + "), }",
                new String(head, 10, 118, StandardCharsets.US_ASCII).strip());
        assertEquals(6 * width * Float.BYTES, bytes.remaining());
        for (int row = 0; row < 6; row++) {
            List<?> vector = (List<?>) all.get(row).get("embedding");
            for (int i = 0; i < width; i++) {
                assertEquals(vector == null ? Float.NaN : vector.get(i), bytes.getFloat());
            }
        }
    }

    /** Enough rows for several batches of unlike lengths, and several ahead. */
    @Test
    void theOrderIsThatOfTheSource() throws IOException {
        List<String> texts = IntStream.range(0, 1500)
                .mapToObj(i -> "card " + i + " ok".repeat(i * 37 % 23))
                .toList();
        Path file = Files.write(folder.resolve("many.txt"), texts);
        Ended ended =
                result("classify", "--file", file.toString(), "--batch", "16", "--format", "jsonl", "--row-number");
        assertEquals(0, ended.status(), ended.err());
        assertEquals(texts, values(lines(ended.out()), "text"));
        assertEquals(
                IntStream.rangeClosed(1, 1500).boxed().toList(),
                lines(ended.out()).stream().map(l -> l.get("row").intValue()).toList());
    }

    private String model(String className, List<String> labels, Optional<Architecture> head) throws IOException {
        return TinyModel.write(folder.resolve(className), className, labels, head)
                .toString();
    }

    /**
     * A line of JSON and a row of Parquet for each text, however many parts its answer has, and CSV that leaves none
     * out.
     */
    @Test
    void everyTaskHasALineForEachText() throws IOException {
        String classifier =
                model("ForSequenceClassification", List.of("contradiction", "entailment"), Optional.empty());
        String ner = model("ForTokenClassification", List.of("O", "O"), Optional.empty());
        String qa = model("ForQuestionAnswering", List.of("LABEL_0", "LABEL_1"), Optional.empty());
        String choice = model("ForMultipleChoice", List.of("LABEL_0"), Optional.empty());
        String mask = model("ForMaskedLM", List.of("LABEL_0"), Optional.of(Architecture.MASKED_LM));
        Path file = Files.writeString(
                folder.resolve("all.csv"),
                "id,context,prompt,a,b\n7,Where is [MASK] now [MASK]?,Who?,I am.,You are.\n8,It is [MASK].,Who?,I am.,You are.\n");
        List<List<String>> commands = List.of(
                List.of("classify", "--model", classifier, "--top-k", "2", "--column", "context"),
                List.of("zero-shot-classification", "--model", classifier, "--labels", "a,b", "--column", "context"),
                List.of("token-classification", "--model", ner, "--column", "context"),
                List.of("question-answering", "--model", qa, "--question", "Where?", "--top-k", "3"),
                List.of("question-answering", "--model", qa, "--question", "Where?"),
                List.of("multiple-choice", "--model", choice, "--choice-columns", "a,b"),
                List.of("fill-mask", "--model", mask, "--column", "context", "--top-k", "2"),
                List.of("feature-extraction", "--column", "context"),
                List.of("extract", "--model", gliner(), "--labels", "a,b", "--column", "context", "--threshold", "1"));
        for (List<String> command : commands) {
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--file", file.toString(), "--id-column", "id", "--row-number"));
            Path parquet = folder.resolve("all.parquet");
            List<JsonNode> lines = lines(run(arguments, "--format", "jsonl"));
            assertEquals(List.of("7", "8"), values(lines, "id"), command.toString());
            assertEquals("", run(arguments, "-o", parquet.toString()));
            List<Map<String, Object>> table = parquet(parquet);
            assertEquals(2, table.size());
            for (int i = 0; i < 2; i++) {
                assertEquals(
                        List.copyOf(lines.get(i).propertyNames()),
                        List.copyOf(table.get(i).keySet()));
                if (!command.getFirst().equals("feature-extraction")) {
                    assertEquals(
                            lines.get(i),
                            JsonMapper.shared().readTree(JsonMapper.shared().writeValueAsString(table.get(i))));
                }
            }
            List<String> csv = run(arguments, "--format", "csv").lines().skip(1).toList();
            assertTrue(csv.getFirst().startsWith("1,7,") && csv.getLast().startsWith("2,8,"), command + " " + csv);
            assertEquals(
                    2,
                    JsonMapper.shared()
                            .readTree(run(arguments, "--format", "json"))
                            .size());
        }
    }

    private String gliner() throws IOException {
        return TinyGliner.write(folder.resolve("gliner")).toString();
    }

    private static String run(List<String> arguments, String... more) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        Ended ended = result(all.toArray(String[]::new));
        assertEquals(0, ended.status(), all + ended.err());
        assertEquals("", ended.err());
        return ended.out();
    }

    @Test
    void aTextWithoutEntitiesHasItsRow() throws IOException {
        String ner = model("ForTokenClassification", List.of("O", "O"), Optional.empty());
        List<String> command = List.of("token-classification", "--model", ner, CARD, RATE);
        assertEquals(
                List.of("{\"text\":\"" + CARD + "\",\"entities\":[]}", "{\"text\":\"" + RATE + "\",\"entities\":[]}"),
                run(command, "--format", "jsonl").lines().toList());
        assertEquals(
                List.of("text,entity_group,score,word,start,end", CARD + ",,,,,", RATE + ",,,,,"),
                run(command, "--format", "csv").lines().toList());
    }

    @Test
    void entitiesHaveTheirLibrarysNameForALabel() throws IOException {
        List<String> command = List.of("extract", "--model", gliner(), "--labels", "a,b", "--threshold", "1", CARD);
        assertEquals(
                "text,label,score,word,start,end",
                run(command, "--format", "csv").lines().findFirst().orElseThrow());
    }

    @Test
    void aColumnThatALaterRowBringsIsNamedWithItsRow() throws IOException {
        Path file = Files.writeString(
                folder.resolve("later.jsonl"), "{\"text\":\"ok\",\"a\":1}\n{\"text\":\"ok\",\"a\":2,\"b\":3}\n");
        for (String format : List.of("csv", "tsv")) {
            Ended ended = result("classify", "--file", file.toString(), "--keep-columns", "--format", format);
            assertEquals(1, ended.status());
            assertEquals(2, ended.out().lines().count(), ended.out());
            assertEquals(
                    "detangle: " + file + ", row 2 has 'b', which the header of the output lacks, as the first row has"
                            + " none: write jsonl, or leave out --keep-columns",
                    ended.err().strip());
        }
    }

    @Test
    void smallNumbersOfATableAreDecimal() throws IOException {
        Path file = Files.writeString(folder.resolve("small.jsonl"), "{\"text\":\"ok\",\"n\":9.17E-7}\n");
        String out = run(
                List.of("classify", "--file", file.toString(), "--top-k", "77", "--keep-columns"), "--format", "csv");
        assertTrue(out.contains("0.000000917,ok,"), out);
        assertTrue(out.lines().skip(1).allMatch(line -> line.matches("0\\.000000917,ok,\\w+[?]?,[0-9.]+")), out);
    }

    @Test
    void aFolderThatTakesNoFilesIsNoMissingOne() {
        Assumptions.assumeTrue(
                Files.isWritable(Path.of("/proc")), "this system has no /proc, or this user may not write");
        for (Ended ended :
                List.of(classify("--output", "/proc/x.csv", "--on-error", "skip"), classify("--output", "."))) {
            assertEquals(1, ended.status());
            assertEquals(1, ended.err().lines().count(), ended.err());
            assertTrue(
                    ended.err().contains("its folder takes no new files")
                            || ended.err().contains(". cannot be written: it is a folder"),
                    ended.err());
        }
    }

    @Test
    void rankingKnowsThePlaceOfARowWithoutAScore() throws IOException {
        String ranker = model("ForSequenceClassification", List.of("LABEL_0"), Optional.empty());
        List<String> command = List.of(
                "text-ranking", "--model", ranker, "--query", "card", "--file", rows.toString(), "--on-error", "null");
        List<String> asLines = new ArrayList<>(command);
        asLines.addAll(List.of("--row-number", "--format", "jsonl"));
        List<JsonNode> lines = lines(result(asLines.toArray(String[]::new)).out());
        assertEquals(6, lines.size());
        for (JsonNode line : lines) {
            assertEquals(line.get("row").intValue() - 1, line.get("corpus_id").intValue(), line.toString());
        }
        assertEquals(LONG, lines.get(4).get("text").stringValue());
        List<String> asTable = new ArrayList<>(command);
        asTable.addAll(List.of("--format", "csv"));
        assertTrue(result(asTable.toArray(String[]::new)).out().contains("\n1,, ,"));
        Path output = folder.resolve("ranked.parquet");
        List<String> asParquet = new ArrayList<>(command);
        asParquet.addAll(List.of("-o", output.toString()));
        assertEquals(0, result(asParquet.toArray(String[]::new)).status());
        assertEquals(1L, ((Number) parquet(output).get(2).get("corpus_id")).longValue());
    }

    @Test
    void rankingKeepsThePlacesOfTheSource() throws IOException {
        String ranker = model("ForSequenceClassification", List.of("LABEL_0"), Optional.empty());
        List<String> command = List.of(
                "text-ranking", "--model", ranker, "--query", "card", "--file", rows.toString(), "--format", "jsonl");
        Ended failed = result(command.toArray(String[]::new));
        assertEquals(1, failed.status());
        assertEquals("", failed.out());
        List<String> skipping = new ArrayList<>(command);
        skipping.addAll(List.of("--row-number", "--id-column", "id", "--on-error", "skip"));
        Ended ended = result(skipping.toArray(String[]::new));
        assertEquals(0, ended.status(), ended.err());
        for (JsonNode line : lines(ended.out())) {
            assertEquals(line.get("row").intValue(), line.get("corpus_id").intValue() + 1);
            assertEquals(line.get("id").stringValue(), line.get("row").intValue() == 1 ? "a" : "f");
        }
        assertEquals(2, ended.out().lines().count());
    }

    @Test
    void numbersOfKeptColumnsStayWhatTheyAre() throws IOException {
        Path file = Files.writeString(
                folder.resolve("kinds.jsonl"),
                "{\"text\":\"ok\",\"w\":12345678901234567,\"d\":1.5,\"b\":true,\"o\":{\"x\":[1]},\"e\":null}\n"
                        + "{\"text\":\"ok\",\"w\":2,\"d\":2,\"b\":null,\"o\":null,\"e\":null}\n");
        Path output = folder.resolve("kinds.parquet");
        run(List.of("classify", "--file", file.toString(), "--keep-columns", "-o", output.toString()));
        Map<String, Object> first = parquet(output).getFirst();
        assertEquals(12345678901234567L, first.get("w"));
        assertEquals(1.5, first.get("d"));
        assertEquals(true, first.get("b"));
        assertEquals("{\"x\":[1]}", first.get("o"));
        assertEquals(2.0, parquet(output).get(1).get("d"));
    }
}
