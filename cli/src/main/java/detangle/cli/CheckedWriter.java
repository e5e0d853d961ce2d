package detangle.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Writes UTF-8, and throws an {@link OutputException} where that fails. A {@link PrintWriter} keeps the IOExceptions of its writer to
 * itself, so that a command would print into nothing and end with success; this exception it lets through.
 */
final class CheckedWriter extends Writer {
    private final String target;
    private final Writer out;

    private CheckedWriter(String target, OutputStream stream) {
        this.target = target;
        this.out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
    }

    /** A printer whose every write is checked. */
    static PrintWriter printer(String target, OutputStream stream) {
        return new PrintWriter(new CheckedWriter(target, stream));
    }

    @Override
    public void write(char[] characters, int offset, int length) {
        try {
            out.write(characters, offset, length);
        } catch (IOException e) {
            throw new OutputException(target, e);
        }
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new OutputException(target, e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new OutputException(target, e);
        }
    }
}
