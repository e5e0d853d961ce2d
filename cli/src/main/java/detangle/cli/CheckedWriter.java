package detangle.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Writes UTF-8, and throws an {@link OutputException} where that fails. A {@link PrintWriter} keeps the IOExceptions
 * of its writer to itself, so that a command would print into nothing and end with success; this exception it lets
 * through.
 */
final class CheckedWriter extends Writer {
    private final String target;
    private final boolean terminal;
    private final Writer out;

    private CheckedWriter(String target, OutputStream stream, boolean terminal) {
        this.target = target;
        this.terminal = terminal;
        this.out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
    }

    /** Returns a printer whose every write is checked. */
    static PrintWriter printer(String target, OutputStream stream) {
        return new PrintWriter(new CheckedWriter(target, stream, false));
    }

    /**
     * Makes what {@link #printer} makes, for a terminal: control characters that would steer it are written as they
     * are escaped in Java. Texts and labels of strangers reach a screen in every format, and some formats write them
     * as they are.
     */
    static PrintWriter terminal(String target, OutputStream stream) {
        return new PrintWriter(new CheckedWriter(target, stream, true));
    }

    private static boolean steers(char c) {
        return Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t';
    }

    private void writeEscaped(char[] characters, int offset, int length) throws IOException {
        int begin = offset;
        for (int i = offset; i < offset + length; i++) {
            if (steers(characters[i])) {
                out.write(characters, begin, i - begin);
                out.write(String.format("\\u%04x", (int) characters[i]));
                begin = i + 1;
            }
        }
        out.write(characters, begin, offset + length - begin);
    }

    @Override
    public void write(char[] characters, int offset, int length) {
        try {
            if (terminal) {
                writeEscaped(characters, offset, length);
            } else {
                out.write(characters, offset, length);
            }
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
