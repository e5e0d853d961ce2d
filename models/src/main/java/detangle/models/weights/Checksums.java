package detangle.models.weights;

import detangle.ir.InternalException;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * Checksums of memory that may be mapped. The bytes go through a small array: the JDK's own code reads mapped memory
 * where a file that is cut off in the meantime would end the JVM.
 */
final class Checksums {
    private static final int CHUNK_BYTES = 1 << 16;

    private Checksums() {}

    /** Takes in a part of an array. */
    @FunctionalInterface
    private interface Sink {
        void update(byte[] bytes, int offset, int count);
    }

    /** Returns the checksum of zip archives. */
    static int crc32(MemorySegment data) {
        return value(new CRC32(), data);
    }

    /** Returns the checksum of RFC 3720. */
    static int crc32c(MemorySegment data) {
        return value(new CRC32C(), data);
    }

    /**
     * Returns that of RFC 3720 of bytes in a file, which are read and not mapped: the pages of a mapped file count as
     * memory of the process.
     *
     * @param chunk memory for a part of them, in the caller's hands alone
     * @throws EOFException if the file ends before
     */
    static int crc32c(FileChannel file, long from, long count, ByteBuffer chunk) throws IOException {
        CRC32C checksum = new CRC32C();
        for (long at = from; at < from + count; at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), from + count - at));
            if (file.read(chunk, at) < 0) {
                throw new EOFException("the file has been cut off");
            }
            chunk.flip();
            checksum.update(chunk);
        }
        return (int) checksum.getValue();
    }

    private static int value(Checksum checksum, MemorySegment data) {
        read(data, checksum::update);
        return (int) checksum.getValue();
    }

    static byte[] sha256(MemorySegment data) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            read(data, digest::update);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new InternalException("every JDK has it", e);
        }
    }

    private static void read(MemorySegment data, Sink sink) {
        byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, data.byteSize())];
        MemorySegment to = MemorySegment.ofArray(chunk);
        for (long at = 0; at < data.byteSize(); at += chunk.length) {
            int count = (int) Math.min(chunk.length, data.byteSize() - at);
            MemorySegment.copy(data, at, to, 0, count);
            sink.update(chunk, 0, count);
        }
    }
}
