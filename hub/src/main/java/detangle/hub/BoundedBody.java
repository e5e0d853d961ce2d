package detangle.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** The body of an answer that is read whole. An exception ends reading after so many bytes, and after so much time. */
final class BoundedBody extends FilterInputStream {
    private final long maxBytes;
    private final Duration time;
    private final long begun = System.nanoTime();
    private long count;

    BoundedBody(InputStream body, long maxBytes, Duration time) {
        super(body);
        this.maxBytes = maxBytes;
        this.time = time;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = super.read(target, offset, length);
        count += Math.max(0, read);
        if (count > maxBytes) {
            throw new IOException("the answer has more than " + maxBytes + " bytes");
        }
        if (read >= 0 && System.nanoTime() - begun > time.toNanos()) {
            throw new IOException("the answer takes more than " + time.toSeconds() + " seconds");
        }
        return read;
    }
}
