package detangle.hostile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Changes of messages of protocol buffers, whose lengths are right afterwards. */
final class ProtoChanges {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    /** How deep the changes go into messages within messages. */
    private static final int DEPTH = 3;

    /**
     * A field.
     *
     * @param start of its tag
     * @param content where its content begins, behind its length
     * @param end behind its content
     */
    private record Field(long number, int wireType, int start, int content, int end) {}

    private ProtoChanges() {}

    /** Whether content is a message of some fields from its first byte to its last. */
    static boolean isMessage(byte[] content) {
        return content.length > 2 && content[0] == 0x0a && !fields(content).isEmpty();
    }

    static byte[] changed(byte[] content, SplittableRandom random) {
        return changed(content, random, DEPTH);
    }

    private static byte[] changed(byte[] content, SplittableRandom random, int depth) {
        List<Field> fields = fields(content);
        if (fields.isEmpty()) {
            return content.length == 0 ? content : Bytes.changed(content, random);
        }
        Field field = fields.get(random.nextInt(fields.size()));
        Field other = fields.get(random.nextInt(fields.size()));
        byte[] whole = Arrays.copyOfRange(content, field.start, field.end);
        byte[] by = switch (random.nextInt(9)) {
            case 0 -> new byte[0];
            case 1 -> repeated(whole, Math.min(random.nextInt(2, 2000), 1 + (1 << 20) / whole.length));
            case 2 -> Arrays.copyOfRange(content, other.start, other.end);
            case 3 -> retagged(content, field, random.nextInt(1, 6), field.wireType);
            case 4 -> retagged(content, field, (int) field.number & 0xffff, random.nextInt(8));
            default -> inside(content, field, random, depth);
        };
        return Bytes.spliced(content, field.start, field.end, by);
    }

    private static byte[] inside(byte[] content, Field field, SplittableRandom random, int depth) {
        byte[] inner = Arrays.copyOfRange(content, field.content, field.end);
        Proto proto = new Proto().tag(field.number, field.wireType);
        if (field.wireType == VARINT) {
            return proto.varint(random.nextBoolean() ? random.nextInt(10) : Bytes.extreme(random))
                    .bytes();
        }
        if (field.wireType != LENGTH_DELIMITED) {
            random.nextBytes(inner);
            return proto.raw(inner).bytes();
        }
        byte[] changed =
                depth == 0 || inner.length == 0 ? Bytes.changed(inner, random) : changed(inner, random, depth - 1);
        return proto.varint(changed.length).raw(changed).bytes();
    }

    private static byte[] retagged(byte[] content, Field field, int number, int wireType) {
        byte[] tag = new Proto().tag(number, wireType).bytes();
        int behindTag = varintEnd(content, field.start);
        return new Proto()
                .raw(tag)
                .raw(Arrays.copyOfRange(content, behindTag, field.end))
                .bytes();
    }

    private static byte[] repeated(byte[] bytes, int times) {
        byte[] repeated = new byte[bytes.length * times];
        for (int i = 0; i < times; i++) {
            System.arraycopy(bytes, 0, repeated, i * bytes.length, bytes.length);
        }
        return repeated;
    }

    /** None if the content is not a message. */
    private static List<Field> fields(byte[] content) {
        List<Field> fields = new ArrayList<>();
        int at = 0;
        while (at < content.length) {
            int behindTag = varintEnd(content, at);
            long tag = varint(content, at);
            int wireType = (int) tag & 7;
            int begin = behindTag;
            long end = switch (wireType) {
                case VARINT -> varintEnd(content, begin);
                case FIXED64 -> begin + 8L;
                case FIXED32 -> begin + 4L;
                case LENGTH_DELIMITED -> {
                    long length = varint(content, begin);
                    begin = varintEnd(content, begin);
                    yield length < 0 || length > content.length ? Long.MAX_VALUE : begin + length;
                }
                default -> Long.MAX_VALUE;
            };
            if (end > content.length || tag >>> 3 == 0) {
                return List.of();
            }
            fields.add(new Field(tag >>> 3, wireType, at, begin, (int) end));
            at = (int) end;
        }
        return fields;
    }

    private static int varintEnd(byte[] content, int at) {
        int end = at;
        while (end < content.length && content[end] < 0) {
            end++;
        }
        return end + 1;
    }

    private static long varint(byte[] content, int at) {
        long value = 0;
        int end = Math.min(varintEnd(content, at), content.length);
        for (int i = at; i < end && i < at + 10; i++) {
            value |= (long) (content[i] & 0x7f) << 7 * (i - at);
        }
        return value;
    }
}
