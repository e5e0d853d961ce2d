package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.cli.Failures.CliException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows without an end, and files of gzip with faults: nothing fills the memory, and nothing is lost in silence. */
class RowLimitsTest {
    private static final String LONG = "has more than the 16777216 characters that are read";
    private static final String MANY = "has more than is read of a row: 500000 values, 500 levels of nesting";

    /** A stream that repeats something after its beginning, without an end. */
    private static InputStream endless(String begin, String repeated) {
        byte[] first = begin.getBytes(StandardCharsets.UTF_8);
        byte[] again = repeated.getBytes(StandardCharsets.UTF_8);
        return new InputStream() {
            private long at;

            @Override
            public int read() {
                long i = at++;
                return i < first.length ? first[(int) i] : again[(int) ((i - first.length) % again.length)];
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                for (int i = 0; i < length; i++) {
                    target[offset + i] = (byte) read();
                }
                return length;
            }
        };
    }

    private static RowSource source(InputFormat format, InputStream stream) {
        Utf8Reader reader = new Utf8Reader("a", stream);
        return switch (format) {
            case text -> new TextRows("a", reader, "text", first -> {});
            case document -> new DocumentRow("a", reader, "text");
            case csv -> new CsvRows("a", reader, Optional.of(','), List.of("text"), false);
            case tsv -> new CsvRows("a", reader, Optional.of('\t'), List.of("text"), false);
            case jsonl -> new JsonLineRows("a", reader, "text");
            case json -> new JsonRows("a", reader, "text");
            case parquet -> throw new IllegalArgumentException("not a stream");
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "text#ok\\n#x#2 (line 2)",
                "text#ok\\n#\\0#2 (line 2)",
                "csv#text\\nok\\n#x#2",
                "csv#text\\nok\\n\"#x#2",
                "csv#text\\nok\\n#\\n#2",
                "tsv#text\\nok\\n\"#\\n#2",
                "jsonl#\"ok\"\\n#\\n#2 (line 2)",
                "jsonl#\"ok\"\\n{\"text\":\"#x#2 (line 2)",
                "json#[\"ok\",{\"text\":\"#x#2",
                "json#[\"ok\",#\\n#2",
                "json#\"ok\"#\\n#2",
                "json#[\"ok\",{\"text\":#1#2",
            })
    void whatHasNoEndIsARowThatIsTooLong(InputFormat format, String begin, String repeated, String row) {
        try (RowSource rows = source(format, endless(unescaped(begin), unescaped(repeated)))) {
            assertEquals("ok", rows.next().orElseThrow().columns().get("text"));
            String message = assertThrows(CliException.class, rows::next).getMessage();
            assertTrue(message.startsWith("a, row " + row + " " + LONG), message);
        }
    }

    @ParameterizedTest
    @CsvSource({"csv,true", "tsv,true", "jsonl,true", "json,true", "text,false"})
    void blankLinesThatCountAreNamed(InputFormat format, boolean counted) {
        String begin = format == InputFormat.csv || format == InputFormat.tsv ? "text\n" : "";
        String repeated = format == InputFormat.text ? " " : "\n";
        try (RowSource rows = source(format, endless(begin, repeated))) {
            String message = assertThrows(CliException.class, rows::next).getMessage();
            assertTrue(message.contains(LONG + (counted ? " (blank lines before it count too): " : ": ")), message);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"text", "document", "csv", "tsv", "jsonl", "json"})
    void aLackOfMemoryIsNotAFaultOfTheFile(InputFormat format) {
        InputStream lacking = new InputStream() {
            @Override
            public int read() {
                throw new OutOfMemoryError("as if there were no more");
            }
        };
        byte[] first = (format == InputFormat.json || format == InputFormat.jsonl ? "\"ok\"\n" : "text\nok\n")
                .getBytes(StandardCharsets.UTF_8);
        InputStream stream = new SequenceInputStream(new ByteArrayInputStream(first), lacking);
        assertThrows(OutOfMemoryError.class, () -> {
            try (RowSource rows = source(format, stream)) {
                while (rows.next().isPresent()) {}
            }
        });
    }

    @Test
    void aDocumentWithoutAnEndIsToo() {
        try (RowSource rows = source(InputFormat.document, endless("Ada", "x"))) {
            assertEquals(
                    "a, which is read as one text, " + LONG + ": read its lines as texts with --input-format text",
                    assertThrows(CliException.class, rows::next).getMessage());
        }
    }

    private static String unescaped(String text) {
        return text.replace("\\n", "\n").replace("\\0", "\0");
    }

    @Test
    void aHeaderWithoutAnEndIsToo() {
        assertEquals(
                "a, the header " + LONG + " (blank lines before it count too): is every quote closed?",
                assertThrows(CliException.class, () -> source(InputFormat.csv, endless("text,\"", "x")))
                        .getMessage());
        assertTrue(assertThrows(
                        CliException.class, () -> source(InputFormat.csv, stream("text" + ",a".repeat(100_000) + "\n")))
                .getMessage()
                .startsWith("a has 100001 columns, and at most 100000 are read"));
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{},", "[],", "1,", "{\"a\":[]},", "[", "{\"a\":"})
    void valuesOfARowAreCounted(String repeated) {
        try (RowSource rows = source(InputFormat.json, endless("[{\"text\":\"ok\",\"more\":[", repeated))) {
            String message = assertThrows(CliException.class, rows::next).getMessage();
            assertTrue(message.startsWith("a, row 1 " + MANY), message);
        }
        String line = "{\"text\":\"ok\",\"more\":[" + repeated.repeat(500_000) + "\n\"ok\"\n";
        try (RowSource rows = source(InputFormat.jsonl, stream(line))) {
            String fault = rows.next().orElseThrow().fault().orElseThrow();
            assertTrue(fault.startsWith("(line 1) " + MANY), fault);
            assertEquals("ok", rows.next().orElseThrow().columns().get("text"));
        }
    }

    @Test
    void aRowOfMuchIsRead() {
        String numbers = "0.5,".repeat(400_000);
        String line = "{\"more\":[" + numbers + "1],\"text\":\"" + "x".repeat(10_000_000) + "\"}\n\n\"ok\"\n";
        for (InputFormat format : List.of(InputFormat.jsonl, InputFormat.json)) {
            try (RowSource rows = source(format, stream(line))) {
                SourceRow row = rows.next().orElseThrow();
                assertEquals(10_000_000, ((String) row.columns().get("text")).length());
                assertTrue(RowSize.of(row) > 20_000_000);
                assertEquals("ok", rows.next().orElseThrow().columns().get("text"));
                assertTrue(rows.next().isEmpty());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"text\":\"ok\"} 1", "{\"text\":\"ok\"}}", "\"ok\",", "{\"text\":\"ok\"", "{\"text\":tru}"})
    void aLineIsOneValue(String line) {
        try (RowSource rows = source(InputFormat.jsonl, stream(line + "\n\"ok\"\n"))) {
            assertTrue(
                    rows.next().orElseThrow().fault().orElseThrow().startsWith("(line 1) is not JSON at character "));
            assertEquals("ok", rows.next().orElseThrow().columns().get("text"));
        }
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    /** A stream that, as a pipe, has nothing at hand and gives a byte at a time. */
    private static InputStream pipe(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return new ByteArrayInputStream(all) {
            @Override
            public synchronized int available() {
                return 0;
            }

            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 1));
            }
        };
    }

    private static Stream<String> lines(InputStream stream) {
        RowSource rows = source(InputFormat.text, new MaybeGzip("a", stream, true));
        return Stream.generate(rows::next).takeWhile(Optional::isPresent).map(row ->
                (String) row.orElseThrow().columns().get("text"));
    }

    @Test
    void membersAreReadOneAfterAnother() throws IOException {
        byte[] zeros = new byte[600];
        byte[] none = gzip("");
        assertEquals(
                List.of("a", "b", "c"),
                lines(pipe(none, gzip("a\nb"), none, gzip("\nc\n"), zeros)).toList());
        byte[] flags = gzip("a\n");
        flags[3] = 2 | 4 | 8 | 16;
        byte[] head = Arrays.copyOf(flags, 10);
        byte[] rest = Arrays.copyOfRange(flags, 10, flags.length);
        byte[] more = {2, 0, 7, 7, 'n', 0, 'c', 0, 1, 1};
        assertEquals(List.of("a"), lines(pipe(head, more, rest)).toList());
    }

    @Test
    void whatIsDamagedOrMissingOfGzipIsToldAndNotLeftOut() throws IOException {
        byte[] first = gzip("a\n");
        byte[] second = gzip("b\n");
        List<byte[]> behind = Stream.concat(
                        IntStream.range(1, second.length).mapToObj(end -> Arrays.copyOf(second, end)),
                        Stream.of(
                                "text".getBytes(StandardCharsets.UTF_8),
                                changed(second, second.length - 8),
                                changed(second, second.length - 4),
                                changed(second, 2),
                                changed(second, 3)))
                .toList();
        for (byte[] damaged : behind) {
            String message = assertThrows(
                            CliException.class,
                            () -> lines(pipe(first, damaged)).toList())
                    .getMessage();
            assertEquals("a is not a whole gzip file: it is damaged or its end is missing", message);
        }
    }

    private static byte[] changed(byte[] bytes, int at) {
        byte[] copy = bytes.clone();
        copy[at] ^= (byte) 0xE0;
        return copy;
    }
}
