package detangle.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Vectors as NumPy's {@code .npy}: a header that tells the shape {@code [rows, components]}, then numbers in single
 * precision. The number of rows is known last, so that the header is written again. A row without a vector is one of
 * NaN.
 */
final class NpyPrinter implements ResultPrinter {
    /** NumPy pads a header to a multiple of 64; this one has room for any shape. */
    private static final int HEADER_BYTES = 128;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

    private final Path path;
    private final String column;
    private FileChannel channel;
    private long rows;
    private long pending;
    private int components;

    /** @param column the property that holds the vector */
    NpyPrinter(Path path, String column) {
        this.path = path;
        this.column = column;
    }

    @Override
    public void print(OutputRow row) {
        if (row.result().isEmpty()) {
            pending++; // How long its vector is may not be known yet.
            return;
        }
        float[] vector = (float[]) row.result().get().answer().get(column);
        components = vector.length;
        fillPending();
        write(vector);
    }

    private void fillPending() {
        float[] nothing = new float[components];
        Arrays.fill(nothing, Float.NaN);
        for (; pending > 0; pending--) {
            write(nothing);
        }
    }

    private void write(float[] vector) {
        open();
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        write(bytes);
        rows++;
    }

    private void write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
    }

    private void open() {
        if (channel != null) {
            return;
        }
        try {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
        write(header());
    }

    private ByteBuffer header() {
        String shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + components + "), }";
        int length = HEADER_BYTES - MAGIC.length - Short.BYTES;
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).putShort((short) length);
        header.put((shape + " ".repeat(length - shape.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.flip();
    }

    @Override
    public void flush() {
        // What is written went to the file.
    }

    @Override
    public void end() {
        open();
        fillPending();
        try {
            channel.position(0);
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
        write(header());
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
    }
}
