package detangle.cli;

import detangle.ir.DeviceException;
import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;

/** Output that could not be written: a disk that is full, or a reader that has gone. */
final class OutputException extends DeviceException {
    private static final long serialVersionUID = 1L;

    /** The status of a process that SIGPIPE ended, as a shell tells it: 128 and the signal's number. */
    static final int READER_GONE = 141;

    private final boolean readerGone;

    /** @param target what was written to, for the message */
    OutputException(String target, IOException cause) {
        super(target + " cannot be written: " + WholeFiles.reason(cause), cause);
        this.readerGone = cause.getMessage() != null && cause.getMessage().equals(brokenPipe());
    }

    /** Returns whether who reads the output has closed it. Then there is nobody to tell, and nothing is left to do. */
    boolean readerGone() {
        return readerGone;
    }

    /**
     * Returns what this system says, in its user's language, of a pipe that nobody reads: that of a pipe made for it.
     */
    private static String brokenPipe() {
        try {
            Pipe pipe = Pipe.open();
            try (Pipe.SinkChannel sink = pipe.sink()) {
                pipe.source().close();
                sink.write(ByteBuffer.allocate(1));
                return "";
            }
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
