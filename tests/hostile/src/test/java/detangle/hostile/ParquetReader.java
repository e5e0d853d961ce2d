package detangle.hostile;

import static detangle.hostile.FolderWriter.file;

import detangle.cli.FilesOfRows;
import detangle.cli.ParquetBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Rows out of Parquet files. */
final class ParquetReader implements Reader {
    private static final String FILE = "rows.parquet";
    private static final String RELEASED_FILE = "questions.parquet";
    private static final Path RELEASED = Path.of("..", "..", "cli", "src", "test", "resources", "parquet");
    private static final String DAMAGED = FILE + " is not a Parquet file: it is damaged or of another kind";
    private static final String MORE = FILE + " has more than is read: ";
    private static final String UNREAD = FILE + " cannot be read beyond row ";
    private static final int GZIP = 2;
    private static final int ZSTD = 6;

    @Override
    public String name() {
        return "parquet";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                made("one text", new ParquetBytes(), ""),
                made("three pages", new ParquetBytes().pages(3).rows(3, 3), ""),
                copied("questions-snappy.parquet"),
                copied("questions-zstd.parquet"));
    }

    private static Hostile copied(String name) {
        return new Hostile(name, folder -> Files.copy(RELEASED.resolve(name), folder.resolve(RELEASED_FILE)), "");
    }

    @Override
    public void read(Path folder) {
        Path released = folder.resolve(RELEASED_FILE);
        if (Files.exists(released)) {
            FilesOfRows.readOnce(released, "question");
        } else {
            FilesOfRows.readOnce(folder.resolve(FILE), "text");
        }
    }

    private static Hostile made(String name, ParquetBytes bytes, String expected) {
        return new Hostile(name, folder -> Files.write(folder.resolve(FILE), bytes.bytes()), expected);
    }

    private static byte[] gzip(int length) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(ParquetBytes.length(length - Integer.BYTES));
            out.write(new byte[length - Integer.BYTES]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A multiple of 64 equal bytes: 64 of them, and copies. */
    private static byte[] snappy(int length) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int left = length; left > 0; left >>>= 7) {
            bytes.write(left < 0x80 ? left : left & 0x7F | 0x80);
        }
        bytes.write(59 << 2);
        bytes.writeBytes(repeated(60, 'a'));
        bytes.write(3 << 2);
        bytes.writeBytes(repeated(4, 'a'));
        bytes.writeBytes(repeated(length / 64 - 1, 63 << 2 | 2, 1, 0));
        return bytes.toByteArray();
    }

    private static byte[] repeated(int count, int... bytes) {
        byte[] all = new byte[count * bytes.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) bytes[i % bytes.length];
        }
        return all;
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>(List.of(
                made("a page of 2 GB in 6 bytes", page().uncompressed(Integer.MAX_VALUE), DAMAGED),
                made("a page of 256 MB in 6 bytes", page().uncompressed(1 << 28).codec(ZSTD), DAMAGED),
                made(
                        "a page of 16 MB in 6 bytes of zstd",
                        page().uncompressed(1 << 24).codec(ZSTD),
                        UNREAD),
                made(
                        "a page of 16 MB in 6 bytes of gzip",
                        page().uncompressed(1 << 24).codec(GZIP),
                        UNREAD),
                made(
                        "a page of 16 MB in 6 bytes of snappy",
                        page().uncompressed(1 << 24).codec(1),
                        DAMAGED),
                made("a page of a negative size", page().uncompressed(-1), DAMAGED),
                made("a page longer than the file", page().compressed(1 << 30), DAMAGED),
                made("a page of a negative length", page().compressed(-1), DAMAGED),
                made(
                        "a page of 2 GB of values",
                        page().values(Integer.MAX_VALUE).rows(1, 1),
                        MORE),
                made("rows of a page that has none", page().values(1 << 30).rows(1 << 30, 1 << 30), MORE),
                made("four million rows in a byte", page().values(1 << 22).rows(1 << 22, 1 << 22), UNREAD),
                made("a negative count of values", page().values(-1), DAMAGED),
                made("no value", page().values(0), DAMAGED),
                made("a page of levels of 4 GB", page().pageType(3), DAMAGED),
                made("a dictionary alone", page().pageType(2), DAMAGED),
                made("dictionaries alone", page().pageType(2).pages(1000), DAMAGED),
                made("a type of page that is none", page().pageType(9), DAMAGED),
                made("a text longer than its page", page().page(ParquetBytes.length(1 << 30)), UNREAD),
                made("a text of a negative length", page().page(ParquetBytes.length(-1)), UNREAD),
                made("a page of nothing", page().page(new byte[0]), UNREAD),
                made("2^62 rows in the file", page().rows(1L << 62, 1), ""),
                made("2^62 rows in the group", page().rows(1L << 62, 1L << 62), DAMAGED),
                made("2^62 rows of few values", page().rows(1L << 62, 1L << 62).chunkValues(1), DAMAGED),
                made("a negative number of rows", page().rows(-1, -1), DAMAGED),
                made("more values than rows", page().chunkValues(2), DAMAGED),
                made("no values", page().chunkValues(0), DAMAGED),
                made("a million groups that are one", page().groups(1_000_000), DAMAGED),
                made("ten thousand groups that are one", page().groups(10_000), ""),
                made("columns that overlap", page().nodes(100, false), FILE),
                made(
                        "columns for which the library takes more memory than there is",
                        page().nodes(30, false),
                        FILE + " has 30 columns, which take more memory than there is"),
                made("a column outside of the file", page().offset(1L << 40), DAMAGED),
                made("a column at a negative place", page().offset(-1), DAMAGED),
                made("a column at the end of all places", page().offset(Long.MAX_VALUE), DAMAGED),
                made("a column within the footer", page().offset(30), ""),
                made("a column of 2^62 bytes", page().size(1L << 62), DAMAGED),
                made("a column of a negative size", page().size(-1), DAMAGED),
                made("a column of no bytes", page().size(0), DAMAGED),
                made("a schema of 100 000 levels", page().nodes(100_000, true), MORE),
                made("a schema of 200 levels", page().nodes(200, true), MORE),
                made("a schema of 20 levels", page().nodes(20, true), ""),
                made("a list", page().repetition(2), ""),
                made("a codec that is none", page().codec(99), DAMAGED),
                made("LZO", page().codec(3), FILE + ", column 'text' is compressed with LZO, which is not read"),
                made("Brotli", page().codec(4), FILE + ", column 'text' is compressed with BROTLI, which is not read"),
                made("LZ4", page().codec(7), FILE + ", column 'text' is compressed with LZ4_RAW, which is not read"),
                made(
                        "snappy that is larger than its page",
                        page().codec(1).page(snappy(1 << 20)).uncompressed(1000),
                        DAMAGED),
                made(
                        "snappy that is larger than its dictionary",
                        page().pageType(2).codec(1).page(snappy(1 << 20)).uncompressed(1000),
                        DAMAGED),
                made("snappy that is none", page().codec(1), DAMAGED),
                made("zstd that is none", page().codec(ZSTD), UNREAD),
                made("gzip that is none", page().codec(GZIP), UNREAD),
                made("an encoding that is none", page().encoding(99), UNREAD),
                made("a dictionary that is missing", page().encoding(8), UNREAD),
                made("texts by their differences", page().encoding(7), UNREAD),
                made("lengths by their differences", page().encoding(6), UNREAD),
                made("an encoding of numbers", page().encoding(5), UNREAD),
                made("differences without an end", page().encoding(6).page(repeated(50, 0xff)), UNREAD),
                made("an index outside of the file", page().index(1L << 40), DAMAGED),
                made("an index that is the footer", page().index(40), DAMAGED),
                made("an index at the beginning", page().index(0), DAMAGED),
                made(
                        "a text of 30 MB in 30 KB of gzip",
                        page().codec(GZIP).page(gzip(30 << 20)).uncompressed(30 << 20),
                        FILE),
                made("a name that steers a terminal", page().name("\u001b[2J\ntext"), "has no column 'text'"),
                made("a name of a megabyte", page().name("x".repeat(1 << 20)), "has no column 'text'"),
                made("an empty footer", page().footer(new byte[0]), DAMAGED),
                made("a footer without anything", page().footer(new byte[] {0}), FILE),
                made("a footer of 2 GB", page().footerLength(Integer.MAX_VALUE), DAMAGED),
                made("a footer of a negative length", page().footerLength(-20), DAMAGED),
                made("a footer of structs without an end", page().footer(repeated(100_000, 0x1c)), DAMAGED),
                made("a footer of lists without an end", page().footer(repeated(100_000, 0x19)), DAMAGED),
                made(
                        "a footer of lists in lists",
                        page().footer(joined(new byte[] {0x19}, repeated(100_000, 0x19))),
                        DAMAGED),
                made("a footer of maps without an end", page().footer(repeated(100_000, 0x1b, 0x01, 0xbb)), DAMAGED),
                made(
                        "a list of 2^31 truth values",
                        page().footer(new byte[] {(byte) 0xe9, (byte) 0xf1, -1, -1, -1, -1, 7, 0}),
                        DAMAGED),
                made(
                        "a list of 2^31 structs",
                        page().footer(new byte[] {0x29, (byte) 0xfc, -1, -1, -1, -1, 7, 0}),
                        DAMAGED),
                made("a text of 2 GB in the footer", page().footer(new byte[] {0x68, -1, -1, -1, -1, 7}), DAMAGED),
                made("a number without an end", page().footer(repeated(1000, 0x15, 0xff, 0xff, 0xff)), DAMAGED),
                made(
                        "two million empty structs",
                        page().footer(joined(
                                new byte[] {0x29, (byte) 0xfc, (byte) 0x80, (byte) 0x89, 0x7a}, new byte[2_000_001])),
                        DAMAGED),
                made("a header of structs without an end", page().header(repeated(100_000, 0x1c)), DAMAGED),
                made("a header without anything", page().header(new byte[] {0}), DAMAGED),
                made("a text of 2 GB in a header", page().header(new byte[] {0x68, -1, -1, -1, -1, 7}), DAMAGED),
                new Hostile("text", file(FILE, "text\nok\n"), DAMAGED),
                new Hostile("a mark alone", file(FILE, "PAR1"), DAMAGED),
                new Hostile("two marks alone", file(FILE, "PAR1PAR1"), DAMAGED),
                new Hostile("marks and no footer", file(FILE, "PAR1\0\0\0\0PAR1"), DAMAGED),
                new Hostile("an encrypted file", file(FILE, "PARE\0\0\0\0PARE"), DAMAGED)));
        made.addAll(StrangeFiles.inThePlaceOf(FILE, folder -> {}));
        return made;
    }

    private static ParquetBytes page() {
        return new ParquetBytes();
    }
}
