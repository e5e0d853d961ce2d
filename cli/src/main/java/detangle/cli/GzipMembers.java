package detangle.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * The content of a gzip file (RFC 1952) with any number of members, one after another. The JDK's own stream ends in
 * silence at a member whose header is damaged or, where the bytes come through a pipe, has not come yet, so that rows
 * would be lost.
 */
final class GzipMembers extends InputStream {
    private static final int BUFFER_BYTES = 1 << 13;
    private static final int MAGIC_FIRST = 0x1F;
    private static final int MAGIC_SECOND = 0x8B;
    private static final int DEFLATE = 8;
    private static final int HEADER_CRC = 1 << 1;
    private static final int EXTRA = 1 << 2;
    private static final int NAME = 1 << 3;
    private static final int COMMENT = 1 << 4;
    private static final int RESERVED = 0xE0;

    private final InputStream stream;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private int next;
    private int limit;
    private boolean ended;

    /**
     * Reads the first header.
     *
     * @throws EOFException if the end is missing
     * @throws ZipException if something is damaged
     */
    GzipMembers(InputStream stream) throws IOException {
        this.stream = stream;
        require(next() == MAGIC_FIRST);
        readHeader();
    }

    private static void require(boolean right) throws ZipException {
        if (!right) {
            throw new ZipException("damaged");
        }
    }

    /** Returns the next byte of the file; -1 at its end. */
    private int next() throws IOException {
        if (next == limit && !fill()) {
            return -1;
        }
        return Byte.toUnsignedInt(buffer[next++]);
    }

    private boolean fill() throws IOException {
        next = 0;
        limit = Math.max(0, stream.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    private int required() throws IOException {
        int b = next();
        if (b < 0) {
            throw new EOFException();
        }
        return b;
    }

    private long littleEndian(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) required() << i * Byte.SIZE;
        }
        return value;
    }

    /** Reads a header whose first byte has been read. */
    private void readHeader() throws IOException {
        require(required() == MAGIC_SECOND && required() == DEFLATE);
        int flags = required();
        require((flags & RESERVED) == 0);
        littleEndian(6); // The time, what compressed it, and where.
        if ((flags & EXTRA) != 0) {
            for (long left = littleEndian(2); left > 0; left--) {
                required();
            }
        }
        for (int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && required() != 0) {
                // The name or the comment, which nobody reads.
            }
        }
        if ((flags & HEADER_CRC) != 0) {
            littleEndian(2);
        }
        inflater.reset();
        crc.reset();
    }

    /** Checks the content of a member, and goes on to the next one if there is one. */
    private void endMember() throws IOException {
        next = limit - inflater.getRemaining();
        require(littleEndian(Integer.BYTES) == crc.getValue());
        require(littleEndian(Integer.BYTES) == (inflater.getBytesWritten() & 0xFFFF_FFFFL));
        int first = next();
        while (first == 0) { // Tapes and some tools fill a file up with zeros.
            first = next();
        }
        ended = first < 0;
        if (!ended) {
            require(first == MAGIC_FIRST);
            readHeader();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            if (inflater.finished()) {
                endMember();
                continue;
            }
            if (inflater.needsInput()) {
                if (next == limit && !fill()) {
                    throw new EOFException();
                }
                inflater.setInput(buffer, next, limit - next);
                next = limit;
            }
            int count = inflate(target, offset, length);
            if (count > 0) {
                crc.update(target, offset, count);
                return count;
            }
            require(!inflater.needsDictionary());
        }
        return -1;
    }

    private int inflate(byte[] target, int offset, int length) throws ZipException {
        try {
            return inflater.inflate(target, offset, length);
        } catch (DataFormatException e) {
            throw new ZipException("damaged");
        }
    }

    /** Returns a number above 0 if bytes are here to be read or decompressed. */
    @Override
    public int available() throws IOException {
        return ended ? 0 : limit - next + inflater.getRemaining() + stream.available();
    }

    @Override
    public void close() throws IOException {
        ended = true;
        inflater.end();
        stream.close();
    }
}
