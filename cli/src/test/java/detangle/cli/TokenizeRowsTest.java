package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Rows of {@code tokenize}: which row of the source each is of, what becomes of rows without a text, and where they go.
 */
class TokenizeRowsTest {
    private static final String MODEL = TinyModel.SHIPPED.toString();
    private static final String OK = "\"ids\":[1,959,529,2],\"tokens\":[\"[CLS]\",\"\u2581o\",\"k\",\"[SEP]\"],"
            + "\"offsets\":[[0,0],[0,1],[1,2],[0,0]]";
    private static final String EMPTY = "\"ids\":[1,2],\"tokens\":[\"[CLS]\",\"[SEP]\"],\"offsets\":[[0,0],[0,0]]";
    private static final String NOTHING = "\"ids\":null,\"tokens\":null,\"offsets\":null,\"token_type_ids\":null";

    @TempDir
    private Path folder;

    private Path rows;

    @BeforeEach
    void write() throws IOException {
        rows = file("rows.jsonl", """
                {"id": "a", "text": "ok", "ids": 7}
                {"id": "b", "text": null}
                {"id": "c", "text": ""}
                {"id": "d", "text": "ok"}
                """);
    }

    private record Ended(int status, String out, String err) {}

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private static Ended tokenize(Path file, String... options) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of("tokenize", MODEL, "--file", file.toString()));
        arguments.addAll(List.of(options));
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
        return new Ended(status, out.toString(), err.toString());
    }

    private String fault() {
        return rows + ", row 2, column 'text' is null";
    }

    @Test
    void failLeavesTheRowsBefore() {
        assertEquals(
                new Ended(1, "{" + OK + "}\n", "detangle: " + fault() + "\n"), tokenize(rows, "--format", "jsonl"));
    }

    @Test
    void skipLeavesRowsOut() {
        assertEquals(
                new Ended(
                        0,
                        "{\"row\":1," + OK + "}\n{\"row\":3," + EMPTY + "}\n{\"row\":4," + OK + "}\n",
                        "detangle: 1 row left out: " + fault() + "\n"),
                tokenize(rows, "--format", "jsonl", "--on-error", "skip", "--row-number"));
    }

    @Test
    void nullWritesRowsWithAnError() {
        Ended ended = tokenize(rows, "--format", "jsonl", "--on-error", "null", "--id-column", "id");
        assertEquals("detangle: 1 row without a result: " + fault() + "\n", ended.err());
        assertEquals(
                List.of(
                        "{\"id\":\"a\"," + OK + ",\"error\":null}",
                        "{\"id\":\"b\"," + NOTHING + ",\"error\":\"" + fault() + "\"}",
                        "{\"id\":\"c\"," + EMPTY + ",\"error\":null}",
                        "{\"id\":\"d\"," + OK + ",\"error\":null}"),
                ended.out().lines().toList());
    }

    @Test
    void otherColumnsAreKeptBesideTheNamesOfResults() {
        Ended ended = tokenize(rows, "--format", "jsonl", "--keep-columns", "--on-error", "skip");
        assertEquals(
                "{\"id\":\"a\",\"input_ids\":7," + OK + "}",
                ended.out().lines().findFirst().orElseThrow());
    }

    /** The columns of a Parquet file are those of its first group of rows, which 8192 rows make. */
    @Test
    void rowsBeforeOneThatDoesNotFitTheColumnsAreReadable() throws IOException {
        StringBuilder all = new StringBuilder();
        IntStream.rangeClosed(1, 8300)
                .forEach(row -> all.append("{\"text\":\"ok\",\"price\":%s}\n".formatted(row == 8250 ? "\"x\"" : row)));
        Path source = file("prices.jsonl", all.toString());
        Path target = folder.resolve("prices.parquet");
        Ended ended = tokenize(source, "--keep-columns", "--output", target.toString());
        assertEquals(1, ended.status());
        assertEquals(
                "detangle: " + source + ", row 8250, column 'price' is of another kind than in the first rows: write"
                        + " jsonl, or leave out --keep-columns\n",
                ended.err());
        int rows = 0;
        try (ParquetRows written = new ParquetRows(target, List.of(), true)) {
            for (Optional<SourceRow> row = written.next(); row.isPresent(); row = written.next()) {
                rows++;
                assertEquals((long) rows, row.get().columns().get("price"));
            }
        }
        assertEquals(8249, rows);
    }

    @Test
    void resultsGoToAFileWhoseEndingSaysHow() throws IOException {
        Path target = folder.resolve("tokens.jsonl");
        Ended ended = tokenize(rows, "--output", target.toString(), "--on-error", "skip");
        assertEquals(new Ended(0, "", "detangle: 1 row left out: " + fault() + "\n"), ended);
        assertEquals("{" + OK + "}\n{" + EMPTY + "}\n{" + OK + "}\n", Files.readString(target));
    }

    @Test
    void jsonIsAnArrayOfTheSameObjects() {
        assertEquals(
                "[{" + OK + "},{" + EMPTY + "},{" + OK + "}]\n",
                tokenize(rows, "--format", "json", "--on-error", "skip").out());
    }

    @Test
    void csvHasAColumnForEachList() throws IOException {
        Path table = file("c.csv", "id,text\nc,\"\"\n");
        assertEquals(
                "id,ids,tokens,offsets,token_type_ids\r\n"
                        + "c,\"[1,2]\",\"[\"\"[CLS]\"\",\"\"[SEP]\"\"]\",\"[[0,0],[0,0]]\",\r\n",
                tokenize(table, "--format", "csv", "--id-column", "id").out());
    }

    @Test
    void parquetIsReadBack() {
        Path target = folder.resolve("tokens.parquet");
        Ended ended = tokenize(rows, "--output", target.toString(), "--id-column", "id", "--on-error", "null");
        assertEquals(0, ended.status(), ended.err());
        List<SourceRow> read = new ArrayList<>();
        try (ParquetRows source = new ParquetRows(target, List.of("id"), true)) {
            source.next().ifPresent(read::add);
            source.next().ifPresent(read::add);
        }
        assertEquals("a", read.getFirst().columns().get("id"));
        assertEquals(
                "[[0,0],[0,1],[1,2],[0,0]]",
                JsonMapper.shared().writeValueAsString(read.getFirst().columns().get("offsets")));
        assertEquals(fault(), read.getLast().columns().get("error"));
    }

    @Test
    void eachWindowSaysWhichRowItIsOf() throws IOException {
        Path two = file("two.csv", "id,text\n7,ok ok ok\n8,ok\n");
        Ended ended = tokenize(
                two, "--format", "jsonl", "--max-length", "6", "--stride", "2", "--id-column", "id", "--row-number");
        assertEquals(0, ended.status(), ended.err());
        assertEquals(
                List.of("7/1: 6", "7/1: 6", "8/2: 4"),
                ended.out()
                        .lines()
                        .map(JsonMapper.shared()::readTree)
                        .map(l -> l.get("id").asString() + "/" + l.get("row").intValue() + ": "
                                + l.get("ids").size())
                        .toList());
        Ended plain = tokenize(two, "--max-length", "6", "--stride", "2");
        assertEquals(3, plain.out().lines().count());
    }

    @Test
    void typesOfTokensAreThoseOfPairs() throws IOException {
        Path pairs = file("pairs.jsonl", "{\"text\":\"ok\",\"text_pair\":\"ok\"}\n\"ok\"\n");
        List<String> lines = tokenize(pairs, "--format", "jsonl").out().lines().toList();
        assertTrue(lines.getFirst().endsWith(",\"token_type_ids\":[0,0,0,0,1,1,1]}"), lines.getFirst());
        assertEquals("{" + OK + "}", lines.getLast());
    }

    @Test
    void aLineWithoutATabAndATextThatCannotBeCutAreRowsToo() throws IOException {
        Path lines = file("pairs.txt", "ok\tok\nok\nok\tok\n");
        assertEquals(
                new Ended(
                        0,
                        "[CLS] \u2581o k [SEP] \u2581o k [SEP]\n".repeat(2),
                        "detangle: 1 row left out: " + lines + ", row 2 has no tab between two texts\n"),
                tokenize(lines, "--pair", "--on-error", "skip"));
        Path texts = file("texts.txt", "ok\nok ok ok\n");
        assertEquals(
                new Ended(
                        1,
                        "[CLS] \u2581o k [SEP]\n",
                        "detangle: " + texts
                                + ", row 2 cannot be cut: a stride of 4 makes no progress in windows of 2 tokens\n"),
                tokenize(texts, "--max-length", "4", "--stride", "4"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--keep-columns", "--row-number"})
    void textHasNoPlaceForColumns(String option) {
        Ended ended = tokenize(rows, option);
        assertEquals(2, ended.status());
        assertTrue(ended.err().contains("go with --format json, jsonl, csv, tsv or parquet"), ended.err());
    }

    @ParameterizedTest
    @CsvSource({"csv,tokens.jsonl,contradicts the ending of --output", "npy,tokens.npy,npy holds vectors"})
    void formatsThatDoNotFitAreRefused(String format, String name, String message) {
        Ended ended = tokenize(
                rows, "--format", format, "--output", folder.resolve(name).toString());
        assertEquals(2, ended.status());
        assertTrue(ended.err().contains(message), ended.err());
    }
}
