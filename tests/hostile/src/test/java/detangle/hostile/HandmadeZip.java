package detangle.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/** A zip archive whose every field may say what it likes. */
final class HandmadeZip {
    private final List<Entry> entries = new ArrayList<>();

    /** What the last record says, where it is not the truth. */
    private final End end = new End();

    /** An entry as the directory describes it, and its own header, which is the same unless it is told otherwise. */
    static final class Entry {
        String name;
        byte[] content;
        int method;
        int flags;
        int crc;
        long packed;
        long size;
        byte[] extra = {};
        long header = -1;
        String localName;
        int localMethod = -1;
        int localFlags = -1;
        int localCrc;
        long localSize = -1;
        byte[] localExtra = {};
        int localSignature = 0x04034b50;
    }

    /** Fields of the last record; -1 for the truth. */
    static final class End {
        int count = -1;
        long size = -1;
        long at = -1;
        byte[] comment = {};
        byte[] before = {};
        boolean missing;
        int part;
    }

    HandmadeZip add(String name, byte[] content) {
        return add(name, content, entry -> {});
    }

    HandmadeZip add(String name, byte[] content, Consumer<Entry> lie) {
        Entry entry = new Entry();
        entry.name = name;
        entry.localName = name;
        entry.content = content;
        entry.packed = content.length;
        entry.size = content.length;
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.crc = (int) crc.getValue();
        entry.localCrc = entry.crc;
        lie.accept(entry);
        entries.add(entry);
        return this;
    }

    HandmadeZip end(Consumer<End> lie) {
        lie.accept(end);
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Entry entry : entries) {
            entry.header = entry.header < 0 ? out.size() : entry.header;
            byte[] name = entry.localName.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(little(30)
                    .putInt(entry.localSignature)
                    .putShort((short) 20)
                    .putShort((short) (entry.localFlags < 0 ? entry.flags : entry.localFlags))
                    .putShort((short) (entry.localMethod < 0 ? entry.method : entry.localMethod))
                    .putInt(0)
                    .putInt(entry.localCrc)
                    .putInt((int) (entry.localSize < 0 ? entry.packed : entry.localSize))
                    .putInt((int) (entry.localSize < 0 ? entry.size : entry.localSize))
                    .putShort((short) name.length)
                    .putShort((short) entry.localExtra.length)
                    .array());
            out.writeBytes(name);
            out.writeBytes(entry.localExtra);
            out.writeBytes(entry.content);
        }
        int directory = out.size();
        for (Entry entry : entries) {
            byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(little(46)
                    .putInt(0x02014b50)
                    .putInt(20 << 16 | 20)
                    .putShort((short) entry.flags)
                    .putShort((short) entry.method)
                    .putInt(0)
                    .putInt(entry.crc)
                    .putInt((int) entry.packed)
                    .putInt((int) entry.size)
                    .putShort((short) name.length)
                    .putShort((short) entry.extra.length)
                    .putShort((short) 0)
                    .putInt(0)
                    .putInt(0)
                    .putInt((int) entry.header)
                    .array());
            out.writeBytes(name);
            out.writeBytes(entry.extra);
        }
        int size = out.size() - directory;
        out.writeBytes(end.before);
        int count = end.count < 0 ? entries.size() : end.count;
        if (!end.missing) {
            out.writeBytes(little(22)
                    .putInt(0x06054b50)
                    .putShort((short) end.part)
                    .putShort((short) end.part)
                    .putShort((short) count)
                    .putShort((short) count)
                    .putInt((int) (end.size < 0 ? size : end.size))
                    .putInt((int) (end.at < 0 ? directory : end.at))
                    .putShort((short) end.comment.length)
                    .array());
            out.writeBytes(end.comment);
        }
        return out.toByteArray();
    }

    /** A field of 64-bit numbers. */
    static byte[] wide(long... numbers) {
        ByteBuffer field = little(4 + 8 * numbers.length).putShort((short) 1).putShort((short) (8 * numbers.length));
        for (long number : numbers) {
            field.putLong(number);
        }
        return field.array();
    }

    /** The two records of archives with many entries, whose directory should be there. */
    static byte[] end64(long recordAt, long count, long size, long at) {
        return little(76)
                .putInt(0x06064b50)
                .putLong(44)
                .putInt(0)
                .putLong(0)
                .putLong(count)
                .putLong(count)
                .putLong(size)
                .putLong(at)
                .putInt(0x07064b50)
                .putInt(0)
                .putLong(recordAt)
                .putInt(1)
                .array();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
