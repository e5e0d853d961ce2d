package detangle.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Counts the rows of a file, for the bar of progress, by the ends of lines, which costs a second for gigabytes. */
final class RowCount {
    /** Larger files are not counted: a sparse one, or one of /proc, would take forever. */
    private static final long MAX_COUNTED_BYTES = 4L << 30;

    private static final int BUFFER_BYTES = 1 << 18;

    private RowCount() {}

    /**
     * Returns the lines of a file that are not empty.
     *
     * @param quotes whether the end of a line between quotes is part of a value
     * @return nothing for what is not a regular file, is very large, or cannot be read
     */
    static OptionalLong lines(Path file, boolean quotes) {
        if (!Files.isRegularFile(file)) {
            return OptionalLong.empty();
        }
        try (FileChannel channel = FileChannel.open(file)) {
            if (channel.size() > MAX_COUNTED_BYTES) {
                return OptionalLong.empty();
            }
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            long lines = 0;
            boolean quoted = false;
            boolean empty = true;
            while (channel.read(buffer) >= 0) {
                if (lines == 0 && empty && MaybeGzip.begins(buffer)) {
                    return OptionalLong.empty();
                }
                for (int i = 0; i < buffer.position(); i++) {
                    byte b = buffer.get(i);
                    quoted ^= quotes && b == '"';
                    if (b == '\n' && !quoted) {
                        lines += empty ? 0 : 1;
                        empty = true;
                    } else {
                        empty &= b == '\r';
                    }
                }
                buffer.clear();
            }
            return OptionalLong.of(lines + (empty ? 0 : 1));
        } catch (IOException e) {
            // Who reads the rows says what is wrong.
            return OptionalLong.empty();
        }
    }
}
