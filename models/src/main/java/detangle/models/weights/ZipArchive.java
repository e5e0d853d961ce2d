package detangle.models.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The entries of a zip archive in a mapped file, as torch.save writes them: uncompressed, so that they are read where
 * they lie and no storage can be larger than the file. The JDK's reader does not say where an entry lies, and believes
 * what a file says of sizes.
 *
 * <p>Format: APPNOTE.TXT of PKWARE, 6.3.10. What a directory says must be true of the file: entries lie inside of it,
 * one after the other, with headers of their own that agree. Every fault is a {@link WeightsException}.
 */
final class ZipArchive {
    /** Far above any checkpoint: those of torch.save have one for each tensor and a few more. */
    private static final int MAX_ENTRIES = 1 << 16;

    private static final long MAX_DIRECTORY_BYTES = 16L << 20;

    /** The pickle of a checkpoint has about 100 kilobytes, that of v1's tokenizer two megabytes. */
    private static final int MAX_COPIED_BYTES = 16 << 20;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int END_64 = 0x06064b50;
    private static final int END_64_BYTES = 56;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int LOCATOR_64_BYTES = 20;
    private static final int CENTRAL = 0x02014b50;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int EXTRA_64 = 1;

    /** Stands in the place of a number that is in a field of 64 bits elsewhere. */
    private static final long VALUE_IN_64_BITS = 0xffff_ffffL;

    private static final int COUNT_IN_64_BITS = 0xffff;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final int ENCRYPTED = 1;
    private static final int SIZES_BEHIND = 1 << 3;

    private final Path file;
    private final MemorySegment bytes;
    private final SequencedMap<String, Entry> entries = new LinkedHashMap<>();

    /**
     * A file in the archive.
     *
     * @param method of compression
     * @param header where its own header begins
     * @param at where its bytes begin
     * @param packed how many there are in the archive
     * @param size how many it has
     */
    record Entry(String name, int flags, int method, int crc, long header, long at, long packed, long size) {
        private Entry at(long place) {
            return new Entry(name, flags, method, crc, header, place, packed, size);
        }

        private boolean isStored() {
            return method == STORED;
        }
    }

    /** The place of the directory and the number of its entries. */
    private record Directory(long at, long size, long count) {}

    private ZipArchive(Path file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Reads the directory of an archive. */
    static ZipArchive of(Path file, MemorySegment bytes) {
        ZipArchive archive = new ZipArchive(file, bytes);
        archive.read();
        return archive;
    }

    /** Returns the names, in the directory's order. */
    Collection<String> names() {
        return Collections.unmodifiableSet(entries.sequencedKeySet());
    }

    /** Returns the entry of that name, if there is one. */
    Optional<Entry> find(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** Returns the bytes of an entry that is not compressed, where they lie; {@link #checked} looks at them. */
    MemorySegment stored(Entry entry) {
        if (!entry.isStored()) {
            throw fault(entry, "is compressed, and torch.save compresses nothing: save the checkpoint again");
        }
        return packed(entry);
    }

    /**
     * Returns a copy of the bytes of a small entry, which may be compressed, as it is where an archive has been packed
     * again.
     */
    byte[] copy(Entry entry) {
        if (entry.size() > MAX_COPIED_BYTES) {
            throw fault(entry, "has " + entry.size() + " bytes; the most is " + MAX_COPIED_BYTES);
        }
        MemorySegment bytes = switch (entry.method()) {
            case STORED -> packed(entry);
            case DEFLATED -> MemorySegment.ofArray(inflated(entry));
            default -> throw fault(entry, "is compressed in a way that is not known");
        };
        return checked(entry, bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    private MemorySegment packed(Entry entry) {
        if ((entry.flags() & ENCRYPTED) != 0) {
            throw fault(entry, "is encrypted");
        }
        return bytes.asSlice(entry.at(), entry.packed());
    }

    private byte[] inflated(Entry entry) {
        // What is compressed well takes less, and what is not takes little more.
        if (entry.packed() > MAX_COPIED_BYTES) {
            throw fault(entry, "has " + entry.packed() + " compressed bytes; the most is " + MAX_COPIED_BYTES);
        }
        byte[] result = new byte[(int) entry.size()];
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(packed(entry).toArray(ValueLayout.JAVA_BYTE));
            int at = 0;
            int count = 1;
            while (at < result.length && count > 0) {
                count = inflater.inflate(result, at, result.length - at);
                at += count;
            }
            if (at == result.length && inflater.inflate(new byte[1]) == 0 && inflater.finished()) {
                return result;
            }
        } catch (DataFormatException e) {
            throw new WeightsException(file, "'" + entry.name() + "' cannot be decompressed: it is damaged", e);
        }
        throw fault(entry, "does not decompress to " + entry.size() + " bytes");
    }

    /** Returns the bytes of an entry if they have its checksum; all of them are read for it. */
    MemorySegment checked(Entry entry, MemorySegment data) {
        if (Checksums.crc32(data) != entry.crc()) {
            throw fault(
                    entry, "is damaged, as its CRC-32 says: download the file again, or save it again with checksums");
        }
        return data;
    }

    private WeightsException fault(Entry entry, String fault) {
        return new WeightsException(file, "'" + entry.name() + "' " + fault);
    }

    private void read() {
        Directory directory = directory();
        if (directory.count() > MAX_ENTRIES || directory.size() > MAX_DIRECTORY_BYTES) {
            throw new WeightsException(
                    file,
                    "a zip archive of " + directory.count() + " entries in " + directory.size() + " bytes; the most is "
                            + MAX_ENTRIES + " in " + MAX_DIRECTORY_BYTES);
        }
        List<Entry> found = new ArrayList<>();
        long at = directory.at();
        long end = directory.at() + directory.size();
        for (long i = 0; i < directory.count(); i++) {
            if (end - at < CENTRAL_BYTES || bytes.get(INT, at) != CENTRAL) {
                throw damaged("its directory does not hold " + directory.count() + " entries");
            }
            long next = at + CENTRAL_BYTES + unsigned(at + 28) + unsigned(at + 30) + unsigned(at + 32);
            if (next > end) {
                throw damaged("its directory is cut off");
            }
            Entry entry = central(at);
            found.add(located(entry, directory.at()));
            at = next;
        }
        if (at != end) {
            throw damaged("its directory holds more than " + directory.count() + " entries");
        }
        checkApart(found);
        for (Entry entry : found) {
            if (entries.putIfAbsent(entry.name(), entry) != null) {
                throw damaged("there are two entries '" + entry.name() + "'");
            }
        }
    }

    private Directory directory() {
        long end = end();
        long at = Integer.toUnsignedLong(bytes.get(INT, end + 16));
        long size = Integer.toUnsignedLong(bytes.get(INT, end + 12));
        long count = unsigned(end + 10);
        if (unsigned(end + 4) != 0 && unsigned(end + 4) != COUNT_IN_64_BITS || unsigned(end + 8) != count) {
            throw damaged("it is one of several parts");
        }
        long behind = end;
        if (at == VALUE_IN_64_BITS || size == VALUE_IN_64_BITS || count == COUNT_IN_64_BITS) {
            long end64 = end64(end);
            at = at == VALUE_IN_64_BITS ? bytes.get(LONG, end64 + 48) : at;
            size = size == VALUE_IN_64_BITS ? bytes.get(LONG, end64 + 40) : size;
            count = count == COUNT_IN_64_BITS ? bytes.get(LONG, end64 + 32) : count;
            behind = end64;
        }
        if (at < 0 || size < 0 || count < 0 || at > behind || size > behind - at) {
            throw damaged("its directory should stand at byte " + Long.toUnsignedString(at) + " and take "
                    + Long.toUnsignedString(size) + ", and there are " + behind + " before its end");
        }
        return new Directory(at, size, count);
    }

    /** Returns where the last record begins, behind which there is only a comment. */
    private long end() {
        long last = bytes.byteSize() - END_BYTES;
        for (long at = last; at >= 0 && last - at <= 0xffff; at--) {
            if (bytes.get(INT, at) == END && unsigned(at + 20) == last - at) {
                return at;
            }
        }
        throw new WeightsException(
                file, "a damaged zip archive, as a download that was cut off leaves it: download it again");
    }

    private long end64(long end) {
        long locator = end - LOCATOR_64_BYTES;
        if (locator < 0 || bytes.get(INT, locator) != LOCATOR_64) {
            throw damaged("its directory's place is missing");
        }
        long at = bytes.get(LONG, locator + 8);
        if (at < 0 || at > locator - END_64_BYTES || bytes.get(INT, at) != END_64) {
            throw damaged("its directory's place is wrong");
        }
        return at;
    }

    private Entry central(long at) {
        int nameBytes = unsigned(at + 28);
        long packed = Integer.toUnsignedLong(bytes.get(INT, at + 20));
        long size = Integer.toUnsignedLong(bytes.get(INT, at + 24));
        long header = Integer.toUnsignedLong(bytes.get(INT, at + 42));
        long[] fields = {size, packed, header};
        wide(at + CENTRAL_BYTES + nameBytes, unsigned(at + 30), fields);
        int method = unsigned(at + 10);
        String name = text(at + CENTRAL_BYTES, nameBytes);
        if (fields[0] < 0 || method == STORED && fields[0] != fields[1]) {
            throw damaged("'" + name + "' of " + fields[0] + " bytes takes " + fields[1]);
        }
        return new Entry(name, unsigned(at + 8), method, bytes.get(INT, at + 16), fields[2], -1, fields[1], fields[0]);
    }

    /** Puts the numbers of 64 bits in the place of those that stand elsewhere. */
    private void wide(long extra, int extraBytes, long[] fields) {
        long end = extra + extraBytes;
        for (long at = extra; end - at >= 4; at += 4 + unsigned(at + 2)) {
            if (unsigned(at) != EXTRA_64) {
                continue;
            }
            long from = at + 4;
            long to = Math.min(end, from + unsigned(at + 2));
            for (int i = 0; i < fields.length && to - from >= Long.BYTES; i++) {
                if (fields[i] == VALUE_IN_64_BITS) {
                    fields[i] = bytes.get(LONG, from);
                    from += Long.BYTES;
                }
            }
            return;
        }
    }

    /** Returns the entry with the place of its bytes: behind a header of its own, which must say the same. */
    private Entry located(Entry entry, long end) {
        long at = entry.header();
        if (at < 0 || at > end - LOCAL_BYTES || bytes.get(INT, at) != LOCAL) {
            throw damaged("'" + entry.name() + "' is not where the directory says");
        }
        int nameBytes = unsigned(at + 26);
        long data = at + LOCAL_BYTES + nameBytes + unsigned(at + 28);
        if (data > end || entry.packed() < 0 || entry.packed() > end - data) {
            throw damaged("'" + entry.name() + "' of " + Long.toUnsignedString(entry.packed())
                    + " bytes leads out of the archive");
        }
        boolean same = text(at + LOCAL_BYTES, nameBytes).equals(entry.name())
                && unsigned(at + 8) == entry.method()
                && ((unsigned(at + 6) & SIZES_BEHIND) != 0 || saysTheSame(at, entry, nameBytes));
        if (!same) {
            throw damaged("'" + entry.name() + "' has a header that contradicts the directory");
        }
        return entry.at(data);
    }

    private boolean saysTheSame(long at, Entry entry, int nameBytes) {
        long[] sizes = {Integer.toUnsignedLong(bytes.get(INT, at + 22)), Integer.toUnsignedLong(bytes.get(INT, at + 18))
        };
        wide(at + LOCAL_BYTES + nameBytes, unsigned(at + 28), sizes);
        return sizes[0] == entry.size() && sizes[1] == entry.packed() && bytes.get(INT, at + 14) == entry.crc();
    }

    private void checkApart(List<Entry> found) {
        List<Entry> sorted = new ArrayList<>(found);
        sorted.sort(Comparator.comparingLong(Entry::header));
        for (int i = 1; i < sorted.size(); i++) {
            Entry before = sorted.get(i - 1);
            Entry entry = sorted.get(i);
            if (before.at() + before.packed() > entry.header()) {
                throw damaged("'" + before.name() + "' and '" + entry.name() + "' overlap");
            }
        }
    }

    private int unsigned(long at) {
        return Short.toUnsignedInt(bytes.get(SHORT, at));
    }

    private String text(long at, int length) {
        return new String(bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private WeightsException damaged(String fault) {
        return new WeightsException(file, "a damaged zip archive: " + fault);
    }
}
