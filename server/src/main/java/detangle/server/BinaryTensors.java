package detangle.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors that follow the JSON of a message, one after the other: the extension binary_tensor_data of the Open
 * Inference Protocol. Numbers are little-endian; a text is its length in four bytes, and its UTF-8.
 */
final class BinaryTensors {
    /** The header that says how many bytes of a body are JSON. */
    static final String JSON_LENGTH = "Inference-Header-Content-Length";

    private final ByteBuffer bytes;

    /** @param body the bytes of a message, whose tensors begin behind its JSON */
    BinaryTensors(byte[] body, int json) {
        this.bytes = ByteBuffer.wrap(body, json, body.length - json).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns how long the JSON of a body is, by the value of the header. */
    static int jsonLength(String header, byte[] body) {
        try {
            int length = Integer.parseInt(header.strip());
            if (length >= 0 && length <= body.length) {
                return length;
            }
        } catch (NumberFormatException e) {
            // A value that is not a number is refused below.
        }
        throw ApiException.malformed(JSON_LENGTH + " is " + header + ", and the body has " + body.length + " bytes");
    }

    /** Returns the next tensor, of texts. */
    List<String> texts(String name, int size) {
        if (size < 0 || size > bytes.remaining()) {
            throw ApiException.malformed(
                    name + " is to have " + size + " bytes, and " + bytes.remaining() + " are left of the body");
        }
        int end = bytes.position() + size;
        List<String> texts = new ArrayList<>();
        while (bytes.position() < end) {
            int length = end - bytes.position() < Integer.BYTES ? -1 : bytes.getInt();
            if (length < 0 || length > end - bytes.position()) {
                throw ApiException.malformed(name + " ends within a text");
            }
            ByteBuffer text = bytes.slice(bytes.position(), length);
            bytes.position(bytes.position() + length);
            try {
                texts.add(StandardCharsets.UTF_8.newDecoder().decode(text).toString());
            } catch (CharacterCodingException e) {
                throw ApiException.malformed(name + " has a text that is not UTF-8");
            }
        }
        return texts;
    }

    /** Refuses bytes that belong to no tensor. */
    void requireEnd() {
        if (bytes.hasRemaining()) {
            throw ApiException.malformed(bytes.remaining() + " bytes of the body belong to no tensor");
        }
    }

    /** Returns the bytes of a tensor of texts or of floats. */
    static byte[] of(List<?> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object value : values) {
            if (value instanceof Float number) {
                out.writeBytes(integer(Float.floatToRawIntBits(number)));
            } else {
                byte[] text = ((String) value).getBytes(StandardCharsets.UTF_8);
                out.writeBytes(integer(text.length));
                out.writeBytes(text);
            }
        }
        return out.toByteArray();
    }

    private static byte[] integer(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }
}
