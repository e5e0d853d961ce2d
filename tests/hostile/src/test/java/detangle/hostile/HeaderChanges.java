package detangle.hostile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Changes of safetensors files and artifacts: of the JSON in front, with its length and the seal of an artifact put
 * right, or of what follows.
 */
final class HeaderChanges {
    private HeaderChanges() {}

    /** The length of the JSON behind the first eight bytes; 0 if there is none. */
    static int headerLength(byte[] content) {
        if (content.length < 10 || content[8] != '{') {
            return 0;
        }
        long length = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        return length > 0 && length <= content.length - 8 ? (int) length : 0;
    }

    static byte[] changed(byte[] content, SplittableRandom random) {
        int end = 8 + headerLength(content);
        if (end == 8 || end < content.length && random.nextInt(4) == 0) {
            int from = end < content.length ? end : 0;
            byte[] rest = Bytes.changed(Arrays.copyOfRange(content, from, content.length), random);
            return Bytes.spliced(content, from, content.length, rest);
        }
        byte[] header = JsonChanges.changed(Arrays.copyOfRange(content, 8, end), random);
        return withHeader(content, header);
    }

    /** The content with another JSON in front, whose length and whose seal, if there is one, are right. */
    static byte[] withHeader(byte[] content, byte[] header) {
        int end = 8 + headerLength(content);
        byte[] changed = Bytes.spliced(content, 8, end, header);
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length);
        if (isSealed(content, end)) {
            byte[] seal = seal(changed, 8 + header.length);
            System.arraycopy(seal, 0, changed, changed.length - seal.length, seal.length);
        }
        return changed;
    }

    /** Whether content is an artifact's, whose last bytes are a checksum of the JSON and its length. */
    private static boolean isSealed(byte[] content, int end) {
        byte[] seal = seal(content, end);
        int from = content.length - seal.length;
        return from >= end && Arrays.equals(seal, 0, seal.length, content, from, content.length);
    }

    /** The SHA-256 of the first bytes. */
    static byte[] seal(byte[] content, int end) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(content, end));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has it", e);
        }
    }
}
