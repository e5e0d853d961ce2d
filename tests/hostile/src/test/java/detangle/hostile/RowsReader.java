package detangle.hostile;

import static detangle.hostile.FolderWriter.file;

import detangle.cli.FilesOfRows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Rows out of files of text: CSV, JSON, JSON lines and lines, compressed or not. */
final class RowsReader implements Reader {
    private static final String LONG = " has more than the 16777216 characters that are read";
    private static final String MANY = "has more than is read of a row";
    private static final String CUT = "is not a whole gzip file: it is damaged or its end is missing";
    private static final String QUOTE = "has a quote that is not closed, or something behind a closing quote";
    private static final int ENOUGH = 18_000_000;

    @Override
    public String name() {
        return "rows";
    }

    /** A row of 16 777 216 characters, which is read, takes as much. */
    @Override
    public int megabytes() {
        return 96;
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                text("a.csv", "id,text,n\n1,\"Where is \"\"my\"\" card?\",2\n2,ok,\n\n3,\"two\nlines\",4\n"),
                text("b.tsv", "text\tn\r\nok\t1\r\n"),
                text("c.json", "[{\"text\":\"ok\",\"n\":[1,2.5,{\"a\":null}]},\n\"ok\"]\n"),
                text("d.jsonl", "{\"text\":\"ok\",\"n\":1e3}\n\n\"ok\"\n{\"text\":\"\\ud83d\\ude00\",\"b\":true}\n"),
                text("e.txt", "Where is my card?\nok\n"),
                zipped("f.csv.gz", "text,n\nok,1\nok,2\n"),
                zipped("g.jsonl.gz", "{\"text\":\"ok\"}\n\"ok\"\n"));
    }

    private static Hostile text(String name, String content) {
        return new Hostile(name, file(name, content), "");
    }

    private static Hostile zipped(String name, String content) {
        return new Hostile(name, gzip(name, content, "", 0, ""), "");
    }

    @Override
    public void read(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Path file = files.min(Comparator.naturalOrder()).orElseThrow(() -> FilesOfRows.none(folder));
            FilesOfRows.read(file, "text");
        }
    }

    /** A compressed file of a beginning, something many times, and an end. */
    private static FolderWriter gzip(String name, String begin, String repeated, int times, String end) {
        return folder -> {
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)), 1 << 16)) {
                out.write(begin.getBytes(StandardCharsets.UTF_8));
                byte[] block = repeated.getBytes(StandardCharsets.UTF_8);
                byte[] blocks = repeated.repeat(Math.min(times, 1 << 14)).getBytes(StandardCharsets.UTF_8);
                int left = times;
                for (; left >= 1 << 14; left -= 1 << 14) {
                    out.write(blocks);
                }
                out.write(blocks, 0, left * block.length);
                out.write(end.getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    private static Hostile bomb(String what, String name, String begin, String repeated, String end, String expected) {
        return new Hostile(name + ": " + what, gzip(name, begin, repeated, ENOUGH / repeated.length(), end), expected);
    }

    private static Hostile made(String what, String name, String content, String expected) {
        return new Hostile(name + ": " + what, file(name, content), expected);
    }

    private static Hostile made(String what, String name, byte[] content, String expected) {
        return new Hostile(name + ": " + what, file(name, content), expected);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>();
        made.addAll(withoutAnEnd());
        made.addAll(tables());
        made.addAll(json());
        made.addAll(compressed());
        for (String name : List.of("rows.csv", "rows.json", "rows.jsonl")) {
            StrangeFiles.inThePlaceOf(name, folder -> {}).stream()
                    .filter(strange -> !waits(strange.name()) && !isCounted(strange.name()))
                    .map(strange -> new Hostile(strange.name(), strange.files(), expected(strange)))
                    .forEach(made::add);
        }
        return made;
    }

    /** A pipe is as good as a file for whoever reads rows, who waits for its writer. */
    private static boolean waits(String name) {
        return name.endsWith("a pipe") || name.endsWith("/dev/stdin") || name.endsWith("/proc");
    }

    /**
     * The rows of a file of JSON lines are counted first, for those who wait, which takes time in proportion to the
     * file.
     */
    private static boolean isCounted(String name) {
        return name.equals("rows.jsonl: a hole of 1 GB");
    }

    /** Nothing is a table without rows, and lines of something else are rows at fault. */
    private static String expected(Hostile strange) {
        boolean may = strange.name().endsWith("nothing") || strange.name().endsWith("a megabyte of zeros");
        return may ? "" : strange.expected();
    }

    private static List<Hostile> withoutAnEnd() {
        return List.of(
                bomb("a line", "a.txt.gz", "ok\n", "x", "", "row 2 (line 2)" + LONG),
                bomb("a line of zeros", "a.txt.gz", "ok\n", "\0", "", "row 2 (line 2)" + LONG),
                bomb("a line of two bytes a character", "a.txt.gz", "ok\n", "\u00e9", "", "row 2 (line 2)" + LONG),
                bomb("a line of emoji", "a.txt.gz", "ok\n", "\ud83d\ude00", "", "row 2 (line 2)" + LONG),
                bomb("a line that ends as on old Macs", "a.txt.gz", "", "x\r", "", "row 1 (line 1)" + LONG),
                bomb("a value", "a.csv.gz", "text,n\nok,1\n", "x", "", "row 2" + LONG),
                bomb("a quoted value", "a.csv.gz", "text,n\nok,1\n\"", "x", "", "row 2" + LONG),
                bomb("a quoted value of lines", "a.csv.gz", "text,n\nok,1\n\"", "x\n", "", "row 2" + LONG),
                bomb("a quoted value of quotes", "a.csv.gz", "text,n\nok,1\n\"", "\"\"", "", "row 2" + LONG),
                bomb("a row of values", "a.csv.gz", "text,n\nok,1\n", "x,", "", "row 2" + LONG),
                bomb("a header", "a.csv.gz", "text,", "x", "", "the header" + LONG),
                bomb("a header of columns", "a.csv.gz", "text,", "x,", "", "the header" + LONG),
                bomb("a header of quotes", "a.csv.gz", "text,\"", "x", "", "the header" + LONG),
                bomb("blank lines", "a.csv.gz", "text\nok\n", "\n", "", "row 2" + LONG),
                bomb("blank lines in front", "a.csv.gz", "", "\n", "text\nok\n", "the header" + LONG),
                bomb("a value", "a.tsv.gz", "text\tn\nok\t1\n", "x", "", "row 2" + LONG),
                bomb("a line", "a.jsonl.gz", "\"ok\"\n\"", "x", "", "row 2 (line 2)" + LONG),
                bomb("blank lines", "a.jsonl.gz", "\"ok\"\n", "\n", "", "row 2 (line 2)" + LONG),
                bomb("spaces", "a.jsonl.gz", "\"ok\"\n", " ", "", "row 2 (line 2)" + LONG),
                bomb("a string", "a.json.gz", "[\"ok\",\"", "x", "", "row 2" + LONG),
                bomb("escapes", "a.json.gz", "[\"ok\",\"", "\\u0041", "", "row 2" + LONG),
                bomb("a name", "a.json.gz", "[\"ok\",{\"", "x", "", "row 2"),
                bomb("a number", "a.json.gz", "[\"ok\",{\"text\":", "1", "", "row 2"),
                bomb("an exponent", "a.json.gz", "[\"ok\",{\"text\":1e", "9", "", "row 2"),
                bomb("spaces", "a.json.gz", "[\"ok\",", " ", "", "row 2" + LONG),
                bomb("spaces behind", "a.json.gz", "[\"ok\"]", " ", "", "row 2" + LONG),
                bomb("lists", "a.json.gz", "[\"ok\",{\"text\":", "[", "", "row 2 " + MANY),
                bomb("objects", "a.json.gz", "[\"ok\",", "{\"a\":", "", "row 2 " + MANY),
                bomb("a list of objects", "a.json.gz", "[{\"text\":\"ok\",\"n\":[", "{},", "", "row 1 " + MANY),
                bomb("a list of lists", "a.json.gz", "[{\"text\":\"ok\",\"n\":[", "[],", "", "row 1 " + MANY),
                bomb("a list of nothing", "a.json.gz", "[{\"text\":\"ok\",\"n\":[", "null,", "", "row 1 " + MANY),
                bomb("a list that is the row", "a.json.gz", "[[", "1,", "", "row 1"),
                bomb("the same name", "a.json.gz", "[{", "\"text\":\"ok\",", "", "row 1 " + MANY));
    }

    private static List<Hostile> tables() {
        return List.of(
                made("100 001 columns", "a.csv", "text" + ",a".repeat(100_000) + "\nok\n", "100001 columns"),
                made("90 000 columns of one name", "a.csv", "text" + ",a".repeat(90_000) + "\nok\n", "two columns 'a'"),
                made(
                        "3 million values",
                        "a.csv",
                        "text,n\n" + "a,".repeat(3_000_000),
                        "row 1 (line 2) has 3000001 values"),
                made(
                        "a million rows at fault",
                        "a.csv",
                        "text,n\n" + "ok\n".repeat(300_000),
                        "row 1 (line 2) has 1 value"),
                made("a quote that is not closed", "a.csv", "text,n\nok,1\n\"ok,2\nok,3\n", QUOTE),
                made("something behind a quote", "a.csv", "text,n\n\"ok\"x,1\n", QUOTE),
                made("columns that steer a terminal", "a.csv", "\u001b[2J,\u202e\nok,1\n", "has no column 'text'"),
                made("a column of a megabyte", "a.csv", "x".repeat(1 << 20) + ",n\nok,1\n", "has no column 'text'"),
                made("a hundred columns of 10 KB", "a.csv", ("x".repeat(10_000) + ",").repeat(100) + "\n", "no column"),
                made("a header of quotes alone", "a.csv", "\"\"\n\"\"\n", "has no column 'text'"),
                made("zeros", "a.csv", "text\0,n\nok\0,1\n", "has no column"),
                made("old Macs", "a.csv", "text,n\rok,1\r", ""),
                made("a text of controls", "a.csv", "text,n\n\u001b[2J\u0007,1\n", ""),
                made("UTF-16", "a.csv", "\uFEFFtext,n\nok,1\n".getBytes(StandardCharsets.UTF_16LE), "is UTF-16"),
                made("Latin-1", "a.csv", "text,n\n\u00e9,1\n".getBytes(StandardCharsets.ISO_8859_1), "is not UTF-8"),
                made(
                        "half a character at the end",
                        "a.txt",
                        new byte[] {'o', 'k', '\n', (byte) 0xf0, (byte) 0x9f},
                        "UTF-8"),
                made("a lone surrogate", "a.txt", new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, "is not UTF-8"),
                made("marks alone", "a.txt", "\uFEFF\uFEFF\uFEFF\n", ""),
                made("a hundred thousand blank lines", "a.txt", "\n".repeat(100_000), "row 1 is empty"),
                made("a mark of UTF-32 cut off", "a.txt", new byte[] {(byte) 0xff, (byte) 0xfe, 0}, "is UTF-16"));
    }

    private static List<Hostile> json() {
        return List.of(
                made(
                        "a number of a million digits",
                        "a.json",
                        "[{\"text\":" + "1".repeat(1_000_000) + "}]",
                        "row 1 " + MANY),
                made("a number beyond all", "a.json", "[{\"text\":1e999999999}]", "row 1, column 'text' is a number"),
                made(
                        "a number near nothing",
                        "a.jsonl",
                        "{\"text\":1e-999999999}\n",
                        "row 1, column 'text' is a number"),
                made("a line of lists", "a.jsonl", "[".repeat(1_000_000) + "\n\"ok\"\n", "row 1 (line 1) " + MANY),
                made("a line of objects", "a.jsonl", "{\"a\":".repeat(600) + "\n", "row 1 (line 1) " + MANY),
                made("a line of 600 000 values", "a.jsonl", "{\"text\":[" + "1,".repeat(600_000) + "1]}\n", MANY),
                made("a name of 60 000 characters", "a.jsonl", "{\"" + "x".repeat(60_000) + "\":1}\n", MANY),
                made("names that are hashed alike", "a.jsonl", alike(1 << 15), "row 1 has no 'text'"),
                made("a thousand names", "a.jsonl", names(1000), "has no 'text'; it has n0, n1"),
                made("names that steer a terminal", "a.jsonl", "{\"\\u001b[2J\\n\":1}\n", "row 1 has no 'text'"),
                made("half a surrogate", "a.jsonl", "{\"text\":\"\\ud800\"}\n", ""),
                made("a value that steers a terminal", "a.json", "[\"ok\",\u001b[2J]", "a.json, line 1, character"),
                made("two values a line", "a.jsonl", "\"ok\" \"ok\"\n", "is not JSON at character"),
                made("half a value", "a.json", "[{\"text\":\"o", "ends within row 1"),
                made("something behind", "a.json", "[\"ok\"] [\"ok\"]", "something follows the array"),
                made("brackets that close nothing", "a.json", "]]]]", "a.json"),
                made("a comment", "a.json", "/*" + "x".repeat(1000) + "*/[\"ok\"]", "is not JSON"),
                made("a word", "a.json", "[" + "nul".repeat(100_000) + "]", "is not JSON"),
                made("Infinity", "a.json", "[{\"text\":\"ok\",\"n\":[NaN,Infinity,-Infinity]}]", ""),
                made("a hundred thousand rows at fault", "a.jsonl", "1\n".repeat(100_000), "row 1 is a number"));
    }

    /** An object whose names all have one hash. */
    private static String alike(int count) {
        StringBuilder object = new StringBuilder("{");
        for (int i = 0; i < count; i++) {
            object.append(i == 0 ? "\"" : ",\"");
            for (int bit = 0; 1 << bit < count; bit++) {
                object.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            object.append("\":1");
        }
        return object.append("}\n").toString();
    }

    private static String names(int count) {
        StringBuilder object = new StringBuilder("{");
        for (int i = 0; i < count; i++) {
            object.append(i == 0 ? "" : ",").append("\"n").append(i).append("\":1");
        }
        return object.append("}\n").toString();
    }

    private static List<Hostile> compressed() {
        byte[] whole = bytes("ok\nok\n");
        byte[] comment = whole.clone();
        comment[3] = 16;
        byte[] reserved = whole.clone();
        reserved[3] = (byte) 0x80;
        byte[] checksum = whole.clone();
        checksum[whole.length - 8] ^= 1;
        byte[] length = whole.clone();
        length[whole.length - 4] ^= 1;
        return List.of(
                made("its first bytes", "a.txt.gz", new byte[] {0x1f, (byte) 0x8b}, CUT),
                made("its header", "a.txt.gz", Arrays.copyOf(whole, 10), CUT),
                made("half", "a.txt.gz", Arrays.copyOf(whole, whole.length / 2), CUT),
                made("without its checksum", "a.txt.gz", Arrays.copyOf(whole, whole.length - 8), CUT),
                made("another checksum", "a.txt.gz", checksum, CUT),
                made("another length", "a.txt.gz", length, CUT),
                made("a comment without an end", "a.txt.gz", comment, "a.txt.gz"),
                made("flags of the future", "a.txt.gz", reserved, CUT),
                made("half of a second member", "a.txt.gz", two(whole, Arrays.copyOf(whole, 5)), CUT),
                made("text behind", "a.txt.gz", two(whole, "text".getBytes(StandardCharsets.UTF_8)), CUT),
                made("zeros behind", "a.txt.gz", two(whole, new byte[1000]), ""),
                made("twenty thousand members of nothing", "a.txt.gz", many(bytes(""), 20_000), ""),
                made("what is not compressed", "a.txt.gz", "ok\n", "is not a gzip file, as its name says"),
                made("compressed twice", "a.txt.gz", twice(), ""),
                made("compressed, though its name does not say so", "a.txt", whole, ""));
    }

    private static byte[] bytes(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] twice() {
        return bytes(new String(bytes("ok\n"), StandardCharsets.ISO_8859_1));
    }

    private static byte[] two(byte[] first, byte[] second) {
        return Bytes.spliced(first, first.length, first.length, second);
    }

    private static byte[] many(byte[] member, int count) {
        byte[] all = new byte[member.length * count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(member, 0, all, i * member.length, member.length);
        }
        return all;
    }
}
