package detangle.models.json;

import detangle.models.json.StrictJson.InvalidJson;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;

/**
 * JSON as Python's json module writes and reads it, which is what stands beside weights: {@code NaN} and {@code
 * Infinity} are numbers, and of two properties of one name the last counts. A byte order mark is passed over, as
 * editors on Windows put it in front.
 */
public final class PythonJson {
    /** Python reads integers of as many digits. */
    private static final int MAX_DIGITS = 4300;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNumberLength(MAX_DIGITS).build())
            .build();

    private PythonJson() {}

    /** Returns what a reader makes of the value that the bytes spell, token by token. */
    public static <T> T read(byte[] utf8, JsonStream.Reader<T> reader) throws InvalidJson {
        int start = withoutMark(utf8).position();
        return JsonStream.read(FACTORY, MemorySegment.ofArray(utf8).asSlice(start), reader);
    }

    /** Returns the value that the bytes spell. */
    public static JsonNode parse(byte[] utf8) throws InvalidJson {
        return JsonTrees.parse(FACTORY, withoutMark(utf8), false);
    }

    /** Returns a number as 64 bits hold it; infinite if it is too large for them. */
    public static double number(JsonNode number) {
        return number.isBigInteger() ? number.bigIntegerValue().doubleValue() : number.doubleValue();
    }

    /** Returns the bytes behind the mark of their order, with which some editors begin files. */
    public static ByteBuffer withoutMark(byte[] utf8) {
        ByteBuffer bytes = ByteBuffer.wrap(utf8);
        if (bytes.remaining() >= BYTE_ORDER_MARK.length
                && bytes.slice(0, BYTE_ORDER_MARK.length).equals(ByteBuffer.wrap(BYTE_ORDER_MARK))) {
            bytes.position(BYTE_ORDER_MARK.length);
        }
        return bytes;
    }
}
