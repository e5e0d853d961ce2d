package detangle.hostile;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Changes of what a gzip file holds, whose checksum is right afterwards, or of its members. */
final class GzipChanges {
    private static final int MOST = 1 << 22;

    private GzipChanges() {}

    static byte[] changed(byte[] content, SplittableRandom random) {
        byte[] inside;
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(content))) {
            inside = in.readNBytes(MOST);
        } catch (IOException e) {
            // An earlier change has left no gzip file.
            return Bytes.changed(content, random);
        }
        return switch (random.nextInt(8)) {
            case 0 -> Bytes.changed(content, random);
            case 1 -> joined(content, content);
            case 2 -> joined(content, zipped(new byte[random.nextInt(1 << 20)]));
            default -> zipped(Mutations.changed(inside, random));
        };
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return Bytes.spliced(first, first.length, first.length, second);
    }

    private static byte[] zipped(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new AssertionError("memory does not fail", e);
        }
        return bytes.toByteArray();
    }
}
