package detangle.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes messages of protocol buffers, well formed or not. */
final class Proto {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Proto varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return this;
    }

    Proto tag(long field, int wireType) {
        return varint(field << 3 | wireType);
    }

    Proto integer(int field, long value) {
        return tag(field, 0).varint(value);
    }

    Proto number(int field, float value) {
        return tag(field, 5)
                .raw(ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putFloat(value)
                        .array());
    }

    Proto block(int field, byte[] content) {
        return tag(field, 2).varint(content.length).raw(content);
    }

    Proto text(int field, String text) {
        return block(field, text.getBytes(StandardCharsets.UTF_8));
    }

    Proto raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
