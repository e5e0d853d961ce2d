package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checksums by parts are those of the JDK of the whole, wherever a part ends. */
class ChecksumsTest {
    @TempDir
    private Path folder;

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private static int value(Checksum checksum, byte[] bytes) {
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 3 << 16})
    void memoryHasTheChecksumOfItsBytes(int count) throws NoSuchAlgorithmException {
        byte[] bytes = bytes(count);
        MemorySegment memory = MemorySegment.ofArray(bytes);
        assertEquals(value(new CRC32(), bytes), Checksums.crc32(memory));
        assertEquals(value(new CRC32C(), bytes), Checksums.crc32c(memory));
        assertArrayEquals(MessageDigest.getInstance("SHA-256").digest(bytes), Checksums.sha256(memory));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 50, 99, 100, 101})
    void aPartOfAFileHasTheChecksumOfItsBytes(int chunk) throws IOException {
        byte[] bytes = bytes(300);
        Path file = Files.write(folder.resolve("file"), bytes);
        ByteBuffer memory = ByteBuffer.allocate(chunk);
        try (FileChannel channel = FileChannel.open(file)) {
            assertEquals(
                    value(new CRC32C(), Arrays.copyOfRange(bytes, 50, 150)),
                    Checksums.crc32c(channel, 50, 100, memory));
            assertEquals(value(new CRC32C(), bytes), Checksums.crc32c(channel, 0, 300, memory));
            assertEquals(0, Checksums.crc32c(channel, 50, 0, memory));
        }
    }

    @Test
    void aFileThatIsShorterIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("file"), bytes(300));
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer memory = ByteBuffer.allocate(100);
            assertThrows(EOFException.class, () -> Checksums.crc32c(channel, 0, 301, memory));
            assertThrows(EOFException.class, () -> Checksums.crc32c(channel, 300, 1, memory));
        }
    }
}
