package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.util.zip.ZipException;

/** A stream that gzip may have compressed, as its first two bytes tell; they are read no sooner than somebody reads. */
final class MaybeGzip extends InputStream {
    /** The first two bytes of a gzip file. No text begins with the first. */
    private static final int MAGIC_FIRST = 0x1F;

    private static final int MAGIC_SECOND = 0x8B;

    private final String name;
    private final InputStream stream;
    private final boolean required;
    private InputStream opened;

    /**
     * Reads nothing yet.
     *
     * @param name the stream's in messages
     * @param required whether the name says that gzip has compressed it
     */
    MaybeGzip(String name, InputStream stream, boolean required) {
        this.name = name;
        this.stream = stream;
        this.required = required;
    }

    /** Returns whether what has been put into a buffer begins as what gzip has compressed. */
    static boolean begins(ByteBuffer bytes) {
        return bytes.position() > 1
                && Byte.toUnsignedInt(bytes.get(0)) == MAGIC_FIRST
                && Byte.toUnsignedInt(bytes.get(1)) == MAGIC_SECOND;
    }

    private InputStream opened() throws IOException {
        if (opened == null) {
            PushbackInputStream bytes = new PushbackInputStream(stream, 2);
            if (isGzip(bytes)) {
                opened = unzipped(bytes);
            } else if (required) {
                throw new CliException(name + " is not a gzip file, as its name says");
            } else {
                opened = bytes;
            }
        }
        return opened;
    }

    private static boolean isGzip(PushbackInputStream bytes) throws IOException {
        int first = bytes.read();
        int second = first == MAGIC_FIRST ? bytes.read() : -1;
        if (second >= 0) {
            bytes.unread(second);
        }
        if (first >= 0) {
            bytes.unread(first);
        }
        return second == MAGIC_SECOND;
    }

    private InputStream unzipped(InputStream bytes) throws IOException {
        try {
            return new GzipMembers(bytes);
        } catch (EOFException | ZipException e) {
            throw new CliException(name + " is not a whole gzip file: it is damaged or its end is missing");
        }
    }

    @Override
    public int read() throws IOException {
        return opened().read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        return opened().read(target, offset, length);
    }

    @Override
    public int available() throws IOException {
        return opened == null ? stream.available() : opened.available();
    }

    @Override
    public void close() throws IOException {
        if (opened != null) {
            opened.close(); // Which has memory of its own.
        }
        stream.close();
    }
}
