package detangle.models.text;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A cursor over one message of the protocol buffers wire format
 * (https://protobuf.dev/programming-guides/encoding/). Every fault is a {@link TokenizerException} that names the file.
 */
final class ProtoReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final Path file;
    private final ByteBuffer bytes;
    private int wireType;

    ProtoReader(Path file, ByteBuffer bytes) {
        this.file = file;
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns the number of the next field, or 0 at the end of the message. */
    int nextField() {
        if (!bytes.hasRemaining()) {
            return 0;
        }
        long tag = varint();
        wireType = (int) (tag & 7);
        long field = tag >>> 3;
        if (field == 0 || field > Integer.MAX_VALUE) {
            throw malformed("a field numbered " + Long.toUnsignedString(field));
        }
        return (int) field;
    }

    long integer() {
        expect(VARINT);
        return varint();
    }

    float number() {
        expect(FIXED32);
        try {
            return bytes.getFloat();
        } catch (BufferUnderflowException e) {
            throw truncated(e);
        }
    }

    /** Returns the bytes of a string, of a bytes field or of a message within. */
    ByteBuffer block() {
        expect(LENGTH_DELIMITED);
        long length = varint();
        if (length < 0 || length > bytes.remaining()) {
            throw malformed(
                    "a field of " + Long.toUnsignedString(length) + " bytes where " + bytes.remaining() + " are left");
        }
        ByteBuffer block = bytes.slice(bytes.position(), (int) length);
        bytes.position(bytes.position() + (int) length);
        return block;
    }

    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> advance(Long.BYTES);
            case LENGTH_DELIMITED -> block();
            case FIXED32 -> advance(Integer.BYTES);
            default -> throw malformed("wire type " + wireType);
        }
    }

    private void advance(int count) {
        if (bytes.remaining() < count) {
            throw malformed("an end in the middle of a field");
        }
        bytes.position(bytes.position() + count);
    }

    private long varint() {
        long value = 0;
        try {
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                byte part = bytes.get();
                value |= (long) (part & 0x7f) << shift;
                if (part >= 0) {
                    return value;
                }
            }
        } catch (BufferUnderflowException e) {
            throw truncated(e);
        }
        throw malformed("an integer of more than 64 bits");
    }

    private void expect(int expected) {
        if (wireType != expected) {
            throw malformed("wire type " + wireType + " where " + expected + " was due");
        }
    }

    private TokenizerException truncated(BufferUnderflowException cause) {
        return new TokenizerException(file, "not a SentencePiece model: it ends in the middle of a field", cause);
    }

    private TokenizerException malformed(String found) {
        return new TokenizerException(file, "not a SentencePiece model: it has " + found);
    }
}
