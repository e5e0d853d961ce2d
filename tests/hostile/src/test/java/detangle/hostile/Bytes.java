package detangle.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Changes of content whose meaning is not known. */
final class Bytes {
    private static final long[] EXTREMES = {
        0,
        1,
        -1,
        2,
        127,
        128,
        255,
        256,
        32767,
        32768,
        65535,
        65536,
        1 << 20,
        1 << 30,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffffffffL,
        1L << 32,
        (1L << 53) + 1,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -8,
        -9,
        Long.MAX_VALUE - 7
    };

    private Bytes() {}

    static byte[] changed(byte[] content, SplittableRandom random) {
        if (content.length == 0) {
            return content;
        }
        int from = random.nextInt(content.length);
        int to = Math.min(content.length, from + length(random));
        return switch (random.nextInt(14)) {
            case 0 -> Arrays.copyOf(content, from);
            case 1 -> spliced(content, from, to, new byte[0]);
            case 2 -> spliced(content, from, from, Arrays.copyOfRange(content, from, to));
            case 3 -> spliced(content, from, from, some(length(random), random));
            case 4 -> spliced(content, from, to, some(to - from, random));
            case 5 -> {
                int other = random.nextInt(content.length);
                int end = Math.min(content.length, other + length(random));
                yield spliced(content, from, to, Arrays.copyOfRange(content, other, end));
            }
            case 6 -> repeated(content, from, to, random.nextInt(2, 2000));
            case 7 -> spliced(content, content.length, content.length, some(length(random), random));
            case 8, 9 -> flipped(content, from, random);
            case 10 -> varint(content, from, extreme(random));
            default -> integer(content, from, random);
        };
    }

    /** The content with other bytes in the place of some. */
    static byte[] spliced(byte[] content, int from, int to, byte[] by) {
        byte[] changed = new byte[content.length - (to - from) + by.length];
        System.arraycopy(content, 0, changed, 0, from);
        System.arraycopy(by, 0, changed, from, by.length);
        System.arraycopy(content, to, changed, from + by.length, content.length - to);
        return changed;
    }

    /** A number at which arithmetic or memory might fail. */
    static long extreme(SplittableRandom random) {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    /** Mostly few, sometimes many. */
    private static int length(SplittableRandom random) {
        return 1 + random.nextInt(1 << random.nextInt(1, 9));
    }

    private static byte[] some(int length, SplittableRandom random) {
        byte[] some = new byte[length];
        switch (random.nextInt(3)) {
            case 0 -> random.nextBytes(some);
            case 1 -> Arrays.fill(some, (byte) random.nextInt(256));
            default -> {
                // Zeros.
            }
        }
        return some;
    }

    private static byte[] flipped(byte[] content, int at, SplittableRandom random) {
        byte[] changed = content.clone();
        changed[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (content[at] ^ 1 << random.nextInt(8));
        return changed;
    }

    private static byte[] repeated(byte[] content, int from, int to, int times) {
        byte[] repeated = new byte[(to - from) * times];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = content[from + i % (to - from)];
        }
        return spliced(content, from, from, repeated);
    }

    /** An extreme number of one to eight bytes in the place of as many. */
    private static byte[] integer(byte[] content, int at, SplittableRandom random) {
        int width = 1 << random.nextInt(4);
        boolean big = random.nextInt(4) == 0;
        ByteBuffer number = ByteBuffer.allocate(Long.BYTES)
                .order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
                .putLong(extreme(random));
        int first = big ? Long.BYTES - width : 0;
        byte[] bytes = Arrays.copyOfRange(number.array(), first, first + width);
        return spliced(content, at, Math.min(content.length, at + width), bytes);
    }

    /** A number as protobuf writes it, in the place of one that may begin there. */
    private static byte[] varint(byte[] content, int at, long number) {
        int end = at;
        while (end < content.length - 1 && content[end] < 0) {
            end++;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
        return spliced(content, at, end + 1, bytes.toByteArray());
    }
}
