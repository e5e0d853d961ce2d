package detangle.hostile;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Changes inside an entry of a zip file, whose checksums are right afterwards, or of the list of entries. */
final class ZipChanges {
    private ZipChanges() {}

    private record Entry(String name, byte[] content) {}

    static byte[] changed(byte[] content, SplittableRandom random) {
        try {
            List<Entry> entries = entries(content);
            if (entries.isEmpty() || random.nextInt(6) == 0) {
                return Bytes.changed(content, random);
            }
            int at = random.nextInt(entries.size());
            Entry entry = entries.get(at);
            switch (random.nextInt(12)) {
                case 0 -> entries.remove(at);
                case 1 -> entries.set(at, new Entry(entry.name + "x", entry.content));
                case 2 -> entries.set(at, new Entry("../" + entry.name, entry.content));
                case 3 -> entries.set(at, new Entry(entry.name, new byte[0]));
                case 4 -> {
                    Entry other = entries.get(random.nextInt(entries.size()));
                    entries.set(at, new Entry(entry.name, other.content));
                }
                default -> entries.set(at, new Entry(entry.name, Mutations.changed(entry.content, random)));
            }
            return zip(entries, random.nextInt(8) == 0 ? ZipEntry.DEFLATED : ZipEntry.STORED);
        } catch (IOException | IllegalArgumentException e) {
            // An earlier change has left no zip file.
            return Bytes.changed(content, random);
        }
    }

    private static List<Entry> entries(byte[] content) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(content))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.add(new Entry(entry.getName(), zip.readNBytes(1 << 22)));
            }
        }
        return entries;
    }

    private static byte[] zip(List<Entry> entries, int method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Entry entry : entries) {
                ZipEntry header = new ZipEntry(entry.name);
                header.setMethod(method);
                if (method == ZipEntry.STORED) {
                    CRC32 crc = new CRC32();
                    crc.update(entry.content);
                    header.setCrc(crc.getValue());
                    header.setSize(entry.content.length);
                    header.setCompressedSize(entry.content.length);
                }
                zip.putNextEntry(header);
                zip.write(entry.content);
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }
}
