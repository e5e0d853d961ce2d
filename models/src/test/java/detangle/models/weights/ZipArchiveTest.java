package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Archives that are written byte by byte, with numbers of 32 and of 64 bits, and with one number changed. */
class ZipArchiveTest {
    private static final Path FILE = Path.of("model.bin");
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final byte[] ONE = latin("the first entry");
    private static final byte[] TWO = latin("the second entry, the second entry, the second entry");

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** An archive while it is written, and where its records begin. */
    private static final class Zip {
        private final ByteBuffer out = ByteBuffer.allocate(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
        private final List<byte[]> central = new ArrayList<>();
        private final List<Integer> locals = new ArrayList<>();
        private final List<Integer> centrals = new ArrayList<>();
        private final boolean wide;
        private int end64;
        private int locator;
        private int end;

        /** @param wide whether each number is in a field of 64 bits */
        Zip(boolean wide) {
            this.wide = wide;
        }

        Zip add(String name, byte[] bytes, int method) {
            return add(name, bytes, method, method == DEFLATED ? deflated(bytes) : bytes);
        }

        Zip add(String name, byte[] bytes, int method, byte[] packed) {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            int header = out.position();
            locals.add(header);
            ByteBuffer extra = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
            if (wide) {
                // A field of another kind stands in front.
                extra.putShort((short) 7).putShort((short) 2).putShort((short) 0);
                extra.putShort((short) 1).putShort((short) 16);
                extra.putLong(bytes.length).putLong(packed.length);
            }
            out.putInt(0x04034b50).putShort((short) 45).putShort((short) 0).putShort((short) method);
            out.putInt(0).putInt((int) crc.getValue());
            out.putInt(wide ? -1 : packed.length).putInt(wide ? -1 : bytes.length);
            out.putShort((short) name.length()).putShort((short) extra.position());
            out.put(latin(name)).put(extra.array(), 0, extra.position()).put(packed);
            ByteBuffer entry = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
            if (wide) {
                extra.putShort(8, (short) 24).putLong(header);
            }
            entry.putInt(0x02014b50).putShort((short) 45).putShort((short) 45).putShort((short) 0);
            entry.putShort((short) method).putInt(0).putInt((int) crc.getValue());
            entry.putInt(wide ? -1 : packed.length).putInt(wide ? -1 : bytes.length);
            entry.putShort((short) name.length())
                    .putShort((short) extra.position())
                    .putShort((short) 3);
            entry.putShort((short) 0).putShort((short) 0).putInt(0).putInt(wide ? -1 : header);
            entry.put(latin(name)).put(extra.array(), 0, extra.position()).put(latin("why"));
            central.add(Arrays.copyOf(entry.array(), entry.position()));
            return this;
        }

        byte[] bytes() {
            return bytes("");
        }

        byte[] bytes(String comment) {
            int directory = out.position();
            for (byte[] entry : central) {
                centrals.add(out.position());
                out.put(entry);
            }
            int size = out.position() - directory;
            int count = central.size();
            if (wide) {
                end64 = out.position();
                out.putInt(0x06064b50).putLong(44).putInt(45).putInt(0).putInt(0);
                out.putLong(count).putLong(count).putLong(size).putLong(directory);
                locator = out.position();
                out.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
            }
            end = out.position();
            out.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
            out.putShort((short) (wide ? -1 : count)).putShort((short) (wide ? -1 : count));
            out.putInt(wide ? -1 : size).putInt(wide ? -1 : directory);
            out.putShort((short) comment.length()).put(latin(comment));
            return Arrays.copyOf(out.array(), out.position());
        }

        private static byte[] deflated(byte[] bytes) {
            try (Deflater deflater = new Deflater(9, true)) {
                deflater.setInput(bytes);
                deflater.finish();
                byte[] result = new byte[bytes.length + 64];
                return Arrays.copyOf(result, deflater.deflate(result));
            }
        }
    }

    private static Zip two(boolean wide) {
        return new Zip(wide).add("one", ONE, STORED).add("two", TWO, DEFLATED);
    }

    private static ZipArchive open(byte[] bytes) {
        return ZipArchive.of(FILE, MemorySegment.ofArray(bytes));
    }

    private static void assertRefused(String message, Runnable reader) {
        WeightsException refusal = assertThrows(WeightsException.class, reader::run);
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    /** Returns a copy whose number of so many bytes at a place is another. */
    private static byte[] with(byte[] bytes, int at, int size, long value) {
        byte[] changed = bytes.clone();
        ByteBuffer buffer = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        switch (size) {
            case Short.BYTES -> buffer.putShort(at, (short) value);
            case Integer.BYTES -> buffer.putInt(at, (int) value);
            default -> buffer.putLong(at, value);
        }
        return changed;
    }

    private static void holdsBoth(ZipArchive archive) {
        assertEquals(List.of("one", "two"), List.copyOf(archive.names()));
        assertEquals(Optional.empty(), archive.find("three"));
        ZipArchive.Entry one = archive.find("one").orElseThrow();
        ZipArchive.Entry two = archive.find("two").orElseThrow();
        assertArrayEquals(ONE, archive.stored(one).toArray(ValueLayout.JAVA_BYTE));
        assertArrayEquals(ONE, archive.copy(one));
        assertArrayEquals(TWO, archive.copy(two));
        assertRefused("'two' is compressed, and torch.save compresses nothing", () -> archive.stored(two));
    }

    @Test
    void entriesAreFound() {
        holdsBoth(open(two(false).bytes()));
        holdsBoth(open(two(true).bytes()));
        holdsBoth(open(two(false).bytes("a comment")));
        holdsBoth(open(two(true).bytes("x".repeat(0xffff))));
        assertEquals(List.of(), List.copyOf(open(new Zip(false).bytes()).names()));
        assertEquals(
                0,
                open(new Zip(false).add("none", new byte[0], STORED).bytes())
                        .find("none")
                        .orElseThrow()
                        .size());
    }

    /** The sizes behind an entry are those of the directory; its own header may have none. */
    @Test
    void sizesMayStandBehindAnEntry() {
        Zip zip = two(false);
        byte[] bytes = with(zip.bytes(), zip.locals.get(1) + 6, 2, 1 << 3);
        holdsBoth(open(with(with(bytes, zip.locals.get(1) + 18, 4, 0), zip.locals.get(1) + 14, 4, 0)));
    }

    @Test
    void contentIsCompared() {
        Zip zip = two(false);
        byte[] bytes = zip.bytes();
        ZipArchive changed = open(with(bytes, zip.locals.getFirst() + 30 + 3, 2, 0));
        assertRefused(
                "'one' is damaged, as its CRC-32 says",
                () -> changed.copy(changed.names().stream()
                        .findFirst()
                        .flatMap(changed::find)
                        .orElseThrow()));
        ZipArchive noise = open(with(bytes, zip.locals.get(1) + 30 + 3, 2, 0xffff));
        assertRefused(
                "'two' cannot be decompressed",
                () -> noise.copy(noise.find("two").orElseThrow()));
    }

    /** A size that both headers have, and the content has not. */
    @ParameterizedTest
    @CsvSource({"-1", "1", "1000"})
    void whatDecompressesToAnotherSizeIsRefused(int more) {
        Zip zip = two(false);
        byte[] bytes = zip.bytes();
        bytes = with(bytes, zip.locals.get(1) + 22, 4, TWO.length + more);
        ZipArchive archive = open(with(bytes, zip.centrals.get(1) + 24, 4, TWO.length + more));
        assertRefused(
                "'two' does not decompress to " + (TWO.length + more) + " bytes",
                () -> archive.copy(archive.find("two").orElseThrow()));
    }

    @Test
    void largeCopiesAreRefused() {
        Zip zip = two(false);
        byte[] bytes = with(zip.bytes(), zip.locals.get(1) + 22, 4, (16 << 20) + 1);
        ZipArchive archive = open(with(bytes, zip.centrals.get(1) + 24, 4, (16 << 20) + 1));
        assertRefused(
                "'two' has 16777217 bytes; the most is 16777216",
                () -> archive.copy(archive.find("two").orElseThrow()));
    }

    @Test
    void otherKindsOfEntriesAreRefused() {
        Zip zip = two(false);
        byte[] bytes = with(zip.bytes(), zip.locals.getFirst() + 6, 2, 1);
        ZipArchive encrypted = open(with(bytes, zip.centrals.getFirst() + 8, 2, 1));
        assertRefused(
                "'one' is encrypted",
                () -> encrypted.stored(encrypted.find("one").orElseThrow()));
        Zip other = new Zip(false).add("one", ONE, 12);
        ZipArchive unknown = open(other.bytes());
        assertRefused(
                "is compressed in a way that is not known",
                () -> unknown.copy(unknown.find("one").orElseThrow()));
    }

    /** A number of the header in front of the second entry, its size, what it becomes, and the message. */
    @ParameterizedTest
    @CsvSource({
        "0, 4, 1, 'two' is not where the directory says",
        "8, 2, 0, 'two' has a header that contradicts the directory",
        "14, 4, 1, 'two' has a header that contradicts the directory",
        "18, 4, 1, 'two' has a header that contradicts the directory",
        "22, 4, 1, 'two' has a header that contradicts the directory",
        "26, 2, 2, 'two' has a header that contradicts the directory",
        "28, 2, 30000, leads out of the archive",
        "30, 2, 0, 'two' has a header that contradicts the directory",
    })
    void headersOfEntriesMustAgree(int offset, int size, long value, String message) {
        Zip zip = two(false);
        byte[] bytes = zip.bytes();
        assertRefused(message, () -> open(with(bytes, zip.locals.get(1) + offset, size, value)));
    }

    /** A number of the directory's second entry. */
    @ParameterizedTest
    @CsvSource({
        "0, 4, 1, its directory does not hold 2 entries",
        "10, 2, 0, of 52 bytes takes",
        "20, 4, 30000, leads out of the archive",
        "28, 2, 30000, its directory is cut off",
        "30, 2, 30000, its directory is cut off",
        "32, 2, 30000, its directory is cut off",
        "32, 2, 4, its directory is cut off",
        "32, 2, 2, its directory holds more than 2 entries",
        "42, 4, 0, has a header that contradicts the directory",
        "42, 4, 30000, is not where the directory says",
    })
    void theDirectoryMustBeTrue(int offset, int size, long value, String message) {
        Zip zip = two(false);
        byte[] bytes = zip.bytes();
        assertRefused(message, () -> open(with(bytes, zip.centrals.get(1) + offset, size, value)));
    }

    /** A number of the last record. */
    @ParameterizedTest
    @CsvSource({
        "0, 4, 1, that was cut off",
        "4, 2, 1, it is one of several parts",
        "8, 2, 1, it is one of several parts",
        "12, 4, 30000, before its end",
        "16, 4, 30000, before its end",
        "20, 2, 1, that was cut off",
    })
    void theEndMustBeTrue(int offset, int size, long value, String message) {
        Zip zip = two(false);
        byte[] bytes = zip.bytes();
        assertRefused(message, () -> open(with(bytes, zip.end + offset, size, value)));
    }

    @Test
    void theDirectoryHoldsAsManyEntriesAsItSays() {
        Zip zip = two(false);
        byte[] bytes = zip.bytes();
        byte[] fewer = with(with(bytes, zip.end + 8, 2, 1), zip.end + 10, 2, 1);
        byte[] more = with(with(bytes, zip.end + 8, 2, 3), zip.end + 10, 2, 3);
        assertRefused("its directory holds more than 1 entries", () -> open(fewer));
        assertRefused("its directory does not hold 3 entries", () -> open(more));
        assertRefused(
                "there are two entries 'one'",
                () -> open(new Zip(false)
                        .add("one", ONE, STORED)
                        .add("one", ONE, STORED)
                        .bytes()));
    }

    /** A number of the records of 64 bits, where an offset counts from the last but one or from the locator. */
    @ParameterizedTest
    @CsvSource({
        "end, 0, 4, 1, its directory's place is wrong",
        "end, 32, 8, 65537, a zip archive of 65537 entries",
        "end, 40, 8, -1, before its end",
        "end, 48, 8, -1, before its end",
        "end, 48, 8, 1000000, before its end",
        "locator, 0, 4, 1, its directory's place is missing",
        "locator, 8, 8, -1, its directory's place is wrong",
        "locator, 8, 8, 1000000, its directory's place is wrong",
        "locator, 8, 8, 1, its directory's place is wrong",
    })
    void recordsOf64BitsMustBeTrue(String record, int offset, int size, long value, String message) {
        Zip zip = two(true);
        byte[] bytes = zip.bytes();
        int at = record.equals("end") ? zip.end64 : zip.locator;
        assertRefused(message, () -> open(with(bytes, at + offset, size, value)));
    }

    /** The second entry begins inside of the first one. */
    @Test
    void entriesMustNotOverlap() {
        byte[] inner = new Zip(false).add("two", ONE, STORED).bytes();
        byte[] local = Arrays.copyOf(inner, 30 + 3 + ONE.length);
        Zip zip = new Zip(false).add("one", local, STORED).add("two", ONE, STORED);
        byte[] bytes = zip.bytes();
        assertRefused("'one' and 'two' overlap", () -> open(with(bytes, zip.centrals.get(1) + 42, 4, 30 + 3)));
    }
}
