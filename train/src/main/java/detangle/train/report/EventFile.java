package detangle.train.report;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard, with scalars by the names that HuggingFace's Trainer gives them.
 *
 * <p>It is a sequence of records (TensorFlow's tensorflow/core/lib/io/record_writer.h): the length, u64, and its
 * checksum, u32; the content and its checksum. Numbers have their low byte first. A checksum is CRC-32C, rotated by 15
 * bits and moved by a constant. A content is a protobuf message {@code Event} (tensorflow/core/util/event.proto): 1 the
 * time in seconds, double; 2 the step, int64; 3 the version of the file, or 5 a {@code Summary} with a value: 1 its
 * tag, 2 the number, float; or 7 a {@code SessionLog}: 1 its status, which is 1 for a start.
 */
public final class EventFile implements AutoCloseable {
    private static final String VERSION = "brain.Event:2";
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int MASK_ROTATION_BITS = 15;
    private static final double MILLIS_PER_SECOND = 1000;

    /** Wire types of protobuf. */
    private static final int VARINT = 0;

    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private final Path file;
    private final OutputStream out;

    /**
     * Creates a file in a folder, which TensorBoard finds by its name.
     *
     * @throws ReportException if it cannot be written
     */
    public EventFile(Path folder) {
        long now = System.currentTimeMillis();
        this.file = folder.resolve("events.out.tfevents." + (long) (now / MILLIS_PER_SECOND) + ".detangle."
                + ProcessHandle.current().pid());
        try {
            Files.createDirectories(folder);
            this.out = Files.newOutputStream(file);
            Message event = time(now);
            event.field(3, VERSION.getBytes(StandardCharsets.UTF_8));
            record(event.bytes());
        } catch (IOException e) {
            throw new ReportException(folder, e);
        }
    }

    /** Returns the path of the file. */
    public Path file() {
        return file;
    }

    /**
     * Begins with a step. TensorBoard forgets what earlier files of the folder have of this step and of later ones: a
     * training that begins anew, or goes on from a checkpoint, does these steps again.
     *
     * @throws ReportException if it cannot be written
     */
    public void begin(long step) {
        Message start = new Message();
        start.field(1, 1L);
        Message event = time(System.currentTimeMillis());
        event.field(2, step);
        event.field(7, start.bytes());
        try {
            record(event.bytes());
            out.flush();
        } catch (IOException e) {
            throw new ReportException(file, e);
        }
    }

    /**
     * Adds all values of an entry, and the epoch. TensorBoard sees them at once.
     *
     * @throws ReportException if it cannot be written
     */
    public void add(LogEntry entry) {
        try {
            entry.values().forEach((name, value) -> scalar(LogEntry.tag(name), value, entry.step()));
            scalar("train/epoch", entry.epoch(), entry.step());
            out.flush();
        } catch (IOException e) {
            throw new ReportException(file, e);
        }
    }

    private void scalar(String tag, double number, long step) {
        Message value = new Message();
        value.field(1, tag.getBytes(StandardCharsets.UTF_8));
        value.field(2, (float) number);
        Message summary = new Message();
        summary.field(1, value.bytes());
        Message event = time(System.currentTimeMillis());
        event.field(2, step);
        event.field(5, summary.bytes());
        try {
            record(event.bytes());
        } catch (IOException e) {
            throw new ReportException(file, e);
        }
    }

    private static Message time(long millis) {
        Message event = new Message();
        event.field(1, millis / MILLIS_PER_SECOND);
        return event;
    }

    private void record(byte[] content) throws IOException {
        byte[] length = new byte[Long.BYTES];
        for (int i = 0; i < length.length; i++) {
            length[i] = (byte) ((long) content.length >>> (Byte.SIZE * i));
        }
        out.write(length);
        out.write(fixed(checksum(length)));
        out.write(content);
        out.write(fixed(checksum(content)));
    }

    static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), MASK_ROTATION_BITS) + MASK_DELTA;
    }

    private static byte[] fixed(int value) {
        return new byte[] {(byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24)};
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new ReportException(file, e);
        }
    }

    /** Fields of a protobuf message. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final DataOutputStream out = new DataOutputStream(bytes);

        void field(int number, byte[] content) {
            varint(number << 3 | BYTES);
            varint(content.length);
            bytes.writeBytes(content);
        }

        void field(int number, double value) {
            varint(number << 3 | FIXED_64);
            write(() -> out.writeLong(Long.reverseBytes(Double.doubleToLongBits(value))));
        }

        void field(int number, float value) {
            varint(number << 3 | FIXED_32);
            write(() -> out.writeInt(Integer.reverseBytes(Float.floatToIntBits(value))));
        }

        void field(int number, long value) {
            varint(number << 3 | VARINT);
            varint(value);
        }

        private void varint(long value) {
            long left = value;
            while ((left & ~0x7FL) != 0) {
                bytes.write((int) (left & 0x7F | 0x80));
                left >>>= 7;
            }
            bytes.write((int) left);
        }

        private interface Write {
            void run() throws IOException;
        }

        private static void write(Write write) {
            try {
                write.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e); // An array of bytes takes everything.
            }
        }

        byte[] bytes() {
            return bytes.toByteArray();
        }
    }
}
