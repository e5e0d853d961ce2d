package detangle.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.Checksum;

/** Reads the lines of a file that hold more than white space, from a place in it on. */
final class LineBytes {
    /** The most bytes of a line; one of 512 tokens has a few thousand. */
    private static final int MAX_BYTES = 1 << 24;

    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer block;
    private byte[] line = new byte[1 << 12];
    private int length;
    private long start;
    private long end;

    /**
     * Makes a reader.
     *
     * @param file the name for messages
     * @param from the place of the first byte to read
     * @param block the number of bytes that are read at once
     */
    LineBytes(Path file, FileChannel channel, long from, int block) throws IOException {
        this.file = file;
        this.channel = channel.position(from);
        this.block = ByteBuffer.allocate(block).limit(0);
        this.end = from;
    }

    /**
     * Reads the next line that is not blank.
     *
     * @param checksum the checksum to which all bytes that are read on the way are added
     * @return whether there was one
     */
    boolean next(Checksum checksum) throws IOException {
        do {
            start = end;
            length = 0;
            if (!line(checksum)) {
                return false;
            }
        } while (isBlank());
        return true;
    }

    /** Reads one line, and returns whether there is one. */
    private boolean line(Checksum checksum) throws IOException {
        while (true) {
            if (!block.hasRemaining() && !fill(checksum)) {
                return end > start;
            }
            int from = block.position();
            int at = from;
            while (at < block.limit() && block.get(at) != '\n') {
                at++;
            }
            append(from, at);
            boolean ends = at < block.limit();
            end += at - from + (ends ? 1 : 0);
            block.position(ends ? at + 1 : at);
            if (ends) {
                return true;
            }
        }
    }

    private boolean fill(Checksum checksum) throws IOException {
        block.clear();
        int count = channel.read(block);
        block.flip();
        if (count > 0) {
            checksum.update(block.array(), 0, count);
        }
        return count > 0;
    }

    private void append(int from, int to) {
        int longer = length + to - from;
        if (longer > MAX_BYTES) {
            throw new DataException(file + " has a line of more than " + MAX_BYTES + " bytes at byte " + start
                    + ": prepare the corpus with detangle prepare-corpus");
        }
        if (longer > line.length) {
            line = Arrays.copyOf(line, Math.max(longer, 2 * line.length));
        }
        System.arraycopy(block.array(), from, line, length, to - from);
        length = longer;
    }

    private boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r') {
                return false;
            }
        }
        return true;
    }

    /** Returns the place of the first byte of the line in the file. */
    long start() {
        return start;
    }

    /** Returns the text of the line without its end. */
    String text() {
        return new String(line, 0, length, StandardCharsets.UTF_8).strip();
    }
}
