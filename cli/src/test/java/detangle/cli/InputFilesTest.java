package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as their users have them: every ending, encoding and delimiter. The tokens of texts show what was read. */
class InputFilesTest {
    private static final String MODEL = TinyModel.SHIPPED.toString();
    private static final String MARK = "\uFEFF";

    /** Where the dictionary of questions begins in questions-snappy.parquet, behind the header of its page. */
    private static final int SNAPPY_SIZE = 107;

    private static final String TOKENS =
            "[CLS] \u2581Where \u2581is \u2581my \u2581card ? [SEP]\n[CLS] \u2581o k [SEP]\n";

    @TempDir
    private Path folder;

    private record Ended(int status, String out, String err) {
        String message() {
            assertEquals(1, err.lines().count(), err);
            return err.lines().findFirst().orElseThrow();
        }
    }

    private static Ended run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Ended(status, out.toString(), err.toString());
    }

    private static Ended tokenize(Path file, String... options) {
        List<String> arguments = new ArrayList<>(List.of("tokenize", MODEL, "--file", file.toString()));
        arguments.addAll(List.of(options));
        return run(arguments.toArray(String[]::new));
    }

    /** The two texts, as a file of that name has them. */
    private static String content(String name) {
        String plain = name.replaceFirst("\\.gz$", "");
        return switch (plain.substring(plain.lastIndexOf('.') + 1)) {
            case "csv" -> "id,text\n1,Where is my card?\n2,ok\n";
            case "tsv" -> "id\ttext\r\n1\tWhere is my card?\r\n2\tok\r\n";
            case "json" -> "[{\"id\": 1, \"text\": \"Where is my card?\"},\n \"ok\"]\n";
            case "jsonl", "ndjson" -> "{\"id\":1,\"text\":\"Where is my card?\"}\n\n\"ok\"\n";
            default -> "Where is my card?\nok\n";
        };
    }

    private Path file(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream stream = Files.newOutputStream(file);
                OutputStream out = name.endsWith(".gz") ? new GZIPOutputStream(stream) : stream) {
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.csv",
                "a.CSV",
                "a.tsv",
                "a.json",
                "a.jsonl",
                "a.ndjson",
                "a.txt",
                "a",
                "a.csv.gz",
                "a.tsv.gz",
                "a.json.gz",
                "a.jsonl.gz",
                "a.txt.gz",
                "a.gz"
            })
    void everyEndingIsRead(String name) throws IOException {
        String content = content(name.toLowerCase(Locale.ROOT));
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file(name, content)), name);
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file(name, MARK + content)), name + " with a mark");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.csv", "a.jsonl", "a.json", "a.txt", "a.tsv"})
    void otherEncodingsAreNamed(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.write(file, (MARK + content(name)).getBytes(StandardCharsets.UTF_16LE));
        assertEquals(
                "detangle: " + file + " is UTF-16, as its byte order mark says: convert it to UTF-8",
                tokenize(file).message());
        Files.write(file, (content(name) + "\n\u00e9").getBytes(StandardCharsets.ISO_8859_1));
        Ended ended = tokenize(file);
        assertEquals(1, ended.status());
        long line = content(name).lines().count() + 2;
        assertEquals(
                "detangle: " + file + ", line " + line + " is not UTF-8: convert the file to UTF-8", ended.message());
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-32LE", "UTF-32BE", "UTF-16BE"})
    void encodingsAreToldApartByTheirMarks(String encoding) throws IOException {
        Path file = folder.resolve("a.csv");
        Files.write(file, (MARK + content("a.csv")).getBytes(Charset.forName(encoding)));
        assertEquals(
                "detangle: " + file + " is " + encoding.substring(0, 6)
                        + ", as its byte order mark says: convert it to UTF-8",
                tokenize(file).message());
    }

    private static Ended withInput(byte[] input, String... arguments) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(input));
            return run(arguments);
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void whatGzipHasCompressedIsReadWhateverItsName() throws IOException {
        Path zipped = file("a.csv.gz", content("a.csv"));
        Path other = Files.copy(zipped, folder.resolve("b.csv"));
        assertEquals(new Ended(0, TOKENS, ""), tokenize(other));
        assertEquals(
                new Ended(0, TOKENS, ""),
                withInput(Files.readAllBytes(zipped), "tokenize", MODEL, "--file", "-", "--input-format", "csv"));
        assertEquals(OptionalLong.empty(), RowCount.lines(other, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {"id,text#csv", "text;id#csv", "id\ttext#tsv", "{\"text\": \"ok\"}#jsonl"})
    void theHeaderOfATableAmongLinesIsTold(String first, String format) {
        String line = first.replace("\\t", "\t");
        byte[] input = (line + "\nok\n").getBytes(StandardCharsets.UTF_8);
        for (List<String> command : List.of(List.of("tokenize", MODEL), List.of("classify"))) {
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--file", "-"));
            Ended ended = withInput(input, arguments.toArray(String[]::new));
            assertEquals(0, ended.status());
            assertEquals(
                    "detangle: standard input is read as lines of text, and its first line looks like that of a table:"
                            + " say --input-format " + format + " if it is one, or text",
                    ended.message());
            arguments.addAll(List.of("--input-format", "text"));
            assertEquals("", withInput(input, arguments.toArray(String[]::new)).err());
        }
        byte[] plain = "See the text, please.\n".getBytes(StandardCharsets.UTF_8);
        assertEquals("", withInput(plain, "tokenize", MODEL, "--file", "-").err());
    }

    @Test
    void namesThatNobodyAsksForMayBeRepeated() throws IOException {
        Path file = file("twice.csv", "n,text,n,,\n1,ok,2,3,4\n");
        assertEquals("[CLS] \u2581o k [SEP]\n", tokenize(file).out());
        List<String> command = List.of("classify", "--file", file.toString(), "--format", "csv");
        assertEquals(0, run(command.toArray(String[]::new)).status());
        for (List<String> more : List.of(List.of("--keep-columns"), List.of("--id-column", "n"))) {
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(more);
            assertTrue(
                    run(arguments.toArray(String[]::new)).message().contains("two columns 'n', number 1 and number 3"),
                    more.toString());
        }
        Path unnamed = file("unnamed.csv", ",text,\n1,ok,2\n");
        assertTrue(run("classify", "--file", unnamed.toString(), "--format", "csv", "--keep-columns")
                .message()
                .contains("two columns without a name, number 1 and number 3: rename one"));
        Ended other = run("classify", "--file", unnamed.toString(), "--format", "csv", "--id-column", "nope");
        assertTrue(other.message().endsWith("its columns are , text, : name one of them"), other.err());
    }

    @Test
    void standardInputIsReadAsFilesAre() {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream((MARK + content("a")).getBytes(StandardCharsets.UTF_8)));
            assertEquals(new Ended(0, TOKENS, ""), tokenize(Path.of("-")));
            System.setIn(new ByteArrayInputStream((MARK + content("a.csv")).getBytes(StandardCharsets.UTF_8)));
            assertEquals(new Ended(0, TOKENS, ""), tokenize(Path.of("-"), "--input-format", "csv"));
        } finally {
            System.setIn(before);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {"comma ,", "semicolon ;", "pipe |"})
    void delimitersAreFoundInTheHeader(String name, String delimiter) throws IOException {
        String content = content("a.csv").replace(",", delimiter);
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file(name + ".csv", content)));
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file(name + ".csv", content), "--delimiter", delimiter));
        // What stands in a text more often than the delimiter does in the header.
        Path odd = file("odd.csv", "a, b, c" + delimiter + "text\n1" + delimiter + "ok\n");
        if (!delimiter.equals(",")) {
            assertEquals("[CLS] \u2581o k [SEP]\n", tokenize(odd).out());
        }
    }

    @Test
    void aTabIsNamedInWords() throws IOException {
        Path file = file("a.csv", content("a.tsv"));
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file, "--delimiter", "tab"));
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file));
        assertEquals(2, tokenize(file, "--delimiter", "two").status());
        assertEquals(
                2,
                tokenize(file("a.jsonl", content("a.jsonl")), "--delimiter", ";")
                        .status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.xlsx", "a.zip", "a.csv.bz2", "a.parquet.gz", "a.xml"})
    void otherEndingsAreRefusedByName(String name) throws IOException {
        Path file = file(name, "text\nok\n");
        for (Ended ended : List.of(tokenize(file), run("classify", "--file", file.toString()))) {
            assertEquals(2, ended.status());
            assertTrue(ended.message().contains(name + " has an unknown ending: .csv"), ended.err());
        }
    }

    @Test
    void aFormatThatIsNamedCountsMoreThanAnEnding() throws IOException {
        assertEquals(new Ended(0, TOKENS, ""), tokenize(file("a.log", content("a.csv")), "--input-format", "csv"));
    }

    @Test
    void linesHaveNoColumns() throws IOException {
        Path file = file("a.txt", content("a.txt"));
        for (String option : List.of("--column", "--delimiter")) {
            assertEquals(2, tokenize(file, option, "x").status());
            assertEquals(
                    2, run("classify", "--file", file.toString(), option, "x").status());
        }
        assertEquals(
                2,
                run("classify", "--file", file.toString(), "--pair-column", "x").status());
    }

    @Test
    void pairsComeFromColumns() throws IOException {
        String pair = "[CLS] \u2581o k [SEP] \u2581o k [SEP]\n";
        assertEquals(
                pair,
                tokenize(file("p.csv", "a,b\nok,ok\n"), "--column", "a", "--pair-column", "b")
                        .out());
        assertEquals(
                pair,
                tokenize(file("p.jsonl", "{\"text\":\"ok\",\"text_pair\":\"ok\"}\n"))
                        .out());
        assertEquals(pair, tokenize(file("p.txt", "ok\tok\n"), "--pair").out());
        assertEquals(
                2,
                tokenize(file("p.csv", "a,b\nok,ok\n"), "--column", "a", "--pair")
                        .status());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "open.csv#text,n\\nok,1\\n\"ok,2\\nok,3\\n#: the row that begins at line 3 has a quote that is not closed",
                "behind.csv#text,n\\nok,1\\n\"ok\" not,2\\n#: the row that begins at line 3 has a quote that is not closed",
                "many.csv#text,n\\nok, that is it,2\\n#, row 1 (line 2) has 3 values, and the header 2",
                "few.csv#text,n\\n\\nok\\n#, row 1 (line 3) has 1 value, and the header 2: a value that is empty has",
                "twice.csv#n,text,text\\n1,ok,ok\\n#has two columns 'text', number 2 and number 3: rename one",
                "none.csv#a,b\\nok,1\\n#has no column 'text'; its columns are a, b",
                "bad.jsonl#\"ok\"\\n{\"text\":}\\n#, row 2 (line 2) is not JSON at character 9",
                "two.jsonl#\"ok\" \"ok\"\\n#, row 1 (line 1) is not JSON",
                "number.jsonl#17\\n#, row 1 is a number, and a string or an object is needed",
                "null.jsonl#{\"text\":null}\\n#, row 1, column 'text' is null",
                "list.json#[{\"text\":[\"ok\"]}]\\n#, row 1, column 'text' is an array, not a text",
                "missing.json#[{\"texts\":\"ok\"}]\\n#, row 1 has no 'text'",
                "cut.json#[\"ok\",\\n# ends before its array does, after row 1: its end is missing",
                "within.json#[{\"text\":\"ok\"},{\"te# ends within row 2: its end is missing",
                "wrong.json#[\"ok\",\\n}#, line 2, character",
                "behind.json#[\"ok\"] text\\n#something follows the array",
                "after.json#[\"ok\"] 1\\n#something follows the array",
                "damaged.parquet#PAR1#is not a Parquet file",
            })
    void whatIsWrongIsNamedInPlainWords(String name, String content, String message) throws IOException {
        Path file = file(name, content.replace("\\n", "\n"));
        for (Ended ended : List.of(tokenize(file), run("classify", "--file", file.toString()))) {
            assertEquals(1, ended.status(), ended.out() + ended.err());
            assertTrue(ended.message().startsWith("detangle: " + file), ended.err());
            assertTrue(ended.message().contains(message), ended.err());
            for (String word : List.of("Source", "REDACTED", "ecord", "Jackson", "java.", "Feature", "Exception")) {
                assertTrue(!ended.message().contains(word), ended.err());
            }
        }
    }

    /** The native code of snappy fills as much memory as what is compressed says, whatever room there is. */
    @Test
    void sizesOfSnappyAreChecked() throws Exception {
        Path good = Path.of(
                getClass().getResource("/parquet/questions-snappy.parquet").toURI());
        byte[] bytes = Files.readAllBytes(good);
        bytes[SNAPPY_SIZE]++;
        Path file = Files.write(folder.resolve("snappy.parquet"), bytes);
        Ended ended = tokenize(file, "--column", "question");
        assertEquals(1, ended.status());
        assertTrue(ended.message().startsWith("detangle: " + file + " is not a Parquet file"), ended.err());
        assertTrue(ended.message().contains("column 'question' has a page of "), ended.err());
    }

    @Test
    void parquetMayHaveListsAndNoRows() throws Exception {
        Path file = Path.of(getClass().getResource("/parquet/no-rows.parquet").toURI());
        try (ParquetRows rows = new ParquetRows(file, List.of("text"), true)) {
            assertEquals(Optional.empty(), rows.next());
        }
    }

    @Test
    void gzipIsChecked() throws IOException {
        Path plain = file("plain.txt", content("a.txt"));
        Path named = Files.copy(plain, folder.resolve("plain.txt.gz"));
        assertEquals(
                "detangle: " + named + " is not a gzip file, as its name says",
                tokenize(named).message());
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zipped)) {
            out.write("a text\n".repeat(10_000).getBytes(StandardCharsets.UTF_8));
        }
        Path half = folder.resolve("half.txt.gz");
        Files.write(half, Arrays.copyOf(zipped.toByteArray(), zipped.size() / 2));
        Ended ended = tokenize(half);
        assertEquals(1, ended.status());
        assertEquals(
                "detangle: " + half + " is not a whole gzip file: it is damaged or its end is missing",
                ended.message());
    }

    @Test
    void whatIsNoFileIsReadTooButNoFolder() throws IOException {
        assertEquals(
                "detangle: " + folder + " is a folder: name a file",
                tokenize(folder, "--input-format", "csv").message());
        Path missing = folder.resolve("missing.csv");
        assertEquals(
                "detangle: " + missing + " does not exist", tokenize(missing).message());
        assertEquals(1, tokenize(missing).status());
        assertEquals(0, tokenize(Path.of("/dev/null")).status());
        Ended ended = run("classify", "--file", "/dev/null");
        assertEquals("detangle: /dev/null has no rows: there is nothing to do", ended.message());
    }

    @Test
    void inputsOfRunMayHaveAMark() throws IOException {
        String cases = "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[1,5,2]]}]}";
        Path output = folder.resolve("out.safetensors");
        Ended ended =
                run("run", MODEL, "--inputs", file("c.json", MARK + cases).toString(), "--output", output.toString());
        assertEquals(new Ended(0, "", ""), ended);
        Path wide = Files.write(folder.resolve("w.json"), (MARK + cases).getBytes(StandardCharsets.UTF_16BE));
        ended = run("run", MODEL, "--inputs", wide.toString(), "--output", output.toString());
        assertTrue(ended.message().contains("is UTF-16"), ended.err());
    }
}
