package detangle.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Python pickles, written as their instructions in Latin 1, and what torch.save makes of them. */
public final class Pickles {
    /** The beginning of a pickle of protocol 2. */
    public static final String PROTO = "\u0080\u0002";

    private Pickles() {}

    /** The bytes of a pickle. */
    public static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A text. */
    public static String text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return "X" + little(4, utf8.length) + new String(utf8, StandardCharsets.ISO_8859_1);
    }

    /** A whole number. */
    public static String number(long value) {
        return "\u008a\u0008" + little(8, value);
    }

    /** A tuple of whole numbers. */
    public static String numbers(long... values) {
        StringBuilder tuple = new StringBuilder("(");
        for (long value : values) {
            tuple.append(number(value));
        }
        return tuple + "t";
    }

    /** A tensor that is a view of a storage. */
    public static String tensor(String storage, String type, long elements, long offset, String sizes, String strides) {
        return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type + "\n" + text(storage)
                + text("cpu") + number(elements) + "tQ" + number(offset) + sizes + strides
                + "\u0089ccollections\nOrderedDict\n)RtR";
    }

    /** A matrix of two rows and three columns in storage 0. */
    public static String matrix() {
        return tensor("0", "FloatStorage", 6, 0, numbers(2, 3), numbers(3, 1));
    }

    /** A dictionary of these keys and values, each pair a text and its value's instructions. */
    public static String state(String... namesAndValues) {
        StringBuilder state = new StringBuilder(PROTO + "ccollections\nOrderedDict\n)R(");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            state.append(text(namesAndValues[i])).append(namesAndValues[i + 1]);
        }
        return state + "u.";
    }

    /** The numbers from 0 on, in single precision. */
    public static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(i);
        }
        return bytes.array();
    }

    /** What torch.save wrote before 1.6: three pickles, the object, the storages' keys, and the storages. */
    public static byte[] stream(String object, String keys, byte[] storages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(PROTO + "\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019."));
        out.writeBytes(bytes(PROTO + "M\u00e9\u0003."));
        out.writeBytes(bytes(PROTO + "}" + text("little_endian") + "\u0088s."));
        out.writeBytes(bytes(object));
        out.writeBytes(bytes(keys));
        out.writeBytes(storages);
        return out.toByteArray();
    }

    /** A storage of a stream: the number of its elements, and these. */
    public static byte[] storage(long count, byte[] elements) {
        return ByteBuffer.allocate(8 + elements.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(count)
                .put(elements)
                .array();
    }

    private static String little(int width, long value) {
        byte[] bytes = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return new String(bytes, 0, width, StandardCharsets.ISO_8859_1);
    }
}
