package detangle.models.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.models.json.JsonStream.SegmentStream;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Memory is read as a stream, by single bytes and by many. */
class JsonStreamTest {
    private static final byte[] BYTES = {0, 1, 127, (byte) 128, (byte) 255};

    @Test
    void singleBytesHaveNoSign() throws Exception {
        try (InputStream stream = new SegmentStream(MemorySegment.ofArray(BYTES))) {
            for (byte expected : BYTES) {
                assertEquals(Byte.toUnsignedInt(expected), stream.read());
            }
            assertEquals(-1, stream.read());
            assertEquals(-1, stream.read());
        }
    }

    @Test
    void manyBytesGoWhereTheyShall() throws Exception {
        try (InputStream stream = new SegmentStream(MemorySegment.ofArray(BYTES))) {
            byte[] to = {9, 9, 9, 9, 9};
            assertEquals(2, stream.read(to, 1, 2));
            assertArrayEquals(new byte[] {9, 0, 1, 9, 9}, to);
            assertEquals(3, stream.read(to, 0, 5));
            assertArrayEquals(new byte[] {127, (byte) 128, (byte) 255, 9, 9}, to);
            assertEquals(-1, stream.read(to, 0, 5));
        }
    }
}
