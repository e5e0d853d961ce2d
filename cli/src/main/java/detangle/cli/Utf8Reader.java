package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipException;

/**
 * The characters of a stream of UTF-8, without a byte order mark. What is not UTF-8 is an error that names its line,
 * once all that stands before it has been read.
 */
final class Utf8Reader extends Reader {
    /**
     * Characters that a row may have: far more than the text of any book. What has no end is told before it fills the
     * memory.
     */
    static final int MAX_ROW_LENGTH = 1 << 24;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /** Byte order marks of other encodings. That of UTF-32 begins as that of UTF-16 does, and comes first. */
    private static final List<Mark> OTHERS = List.of(
            new Mark("UTF-32", 0xFF, 0xFE, 0, 0),
            new Mark("UTF-32", 0, 0, 0xFE, 0xFF),
            new Mark("UTF-16", 0xFF, 0xFE),
            new Mark("UTF-16", 0xFE, 0xFF));

    private record Mark(String encoding, int... of) {
        /** Returns whether bytes begin with it, or with as much of it as they are. */
        boolean matches(ByteBuffer bytes) {
            int count = Math.min(of.length, bytes.remaining());
            return count > 0
                    && IntStream.range(0, count)
                            .allMatch(i -> Byte.toUnsignedInt(bytes.get(bytes.position() + i)) == of[i]);
        }
    }

    private final String name;
    private final InputStream stream;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER_BYTES).flip();
    private final char[] characters = new char[BUFFER_BYTES];
    private int next;
    private int limit;
    private boolean begun;
    private boolean marked;
    private boolean atEnd;
    private long line = 1;
    private String row = "the first row";
    private String hint = "";
    private long inRow;

    /** @param name the stream's in messages */
    Utf8Reader(String name, InputStream stream) {
        this.name = name;
        this.stream = stream;
    }

    /**
     * Says that a row begins: whoever reads rows reads a few characters ahead, which do not matter here.
     *
     * @param what what messages call the row
     * @param more the rest of the message for a row of more than {@link #MAX_ROW_LENGTH} characters: what else counts,
     *     and what to look at
     */
    void beginRow(String what, String more) {
        row = what;
        hint = more;
        inRow = 0;
    }

    /** @throws CliException if the row has more characters than {@link #MAX_ROW_LENGTH}, or something is not UTF-8 */
    @Override
    public int read(char[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (next == limit && !decode()) {
            return -1;
        }
        int count = Math.min(length, limit - next);
        System.arraycopy(characters, next, target, offset, count);
        next += count;
        inRow += count;
        if (inRow > MAX_ROW_LENGTH) {
            throw new CliException(
                    name + ", " + row + " has more than the " + MAX_ROW_LENGTH + " characters that are read" + hint);
        }
        return count;
    }

    /** Returns the byte order mark, if what has been read begins with one; it is empty otherwise. */
    String mark() {
        return marked ? Character.toString(BYTE_ORDER_MARK) : "";
    }

    /** Returns whether a character can be read without waiting for who writes it, or reading will tell a fault. */
    @Override
    public boolean ready() {
        try {
            return next < limit || bytes.hasRemaining() || stream.available() > 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Decodes characters, at least one; false at the end. */
    private boolean decode() {
        while (true) {
            CharBuffer out = CharBuffer.wrap(characters);
            CoderResult result = decoder.decode(bytes, out, atEnd);
            if (out.position() > 0) {
                marked |= !begun && characters[0] == BYTE_ORDER_MARK;
                next = !begun && marked ? 1 : 0;
                limit = out.position();
                begun = true;
                countLines();
                if (next < limit) {
                    return true;
                }
                continue;
            }
            if (result.isError()) {
                throw malformed();
            }
            if (atEnd) {
                return false;
            }
            fill();
            if (!begun) {
                checkMark();
            }
        }
    }

    private void countLines() {
        for (int i = next; i < limit; i++) {
            if (characters[i] == '\n') {
                line++;
            }
        }
    }

    private CliException malformed() {
        return new CliException(name + ", line " + line + " is not UTF-8: convert the file to UTF-8");
    }

    /** Refuses other encodings by their marks. More is read only where what is there may become one. */
    private void checkMark() {
        for (Mark mark : OTHERS) {
            while (!atEnd && bytes.remaining() < mark.of.length && mark.matches(bytes)) {
                fill();
            }
            if (bytes.remaining() >= mark.of.length && mark.matches(bytes)) {
                throw new CliException(
                        name + " is " + mark.encoding + ", as its byte order mark says: convert it to UTF-8");
            }
        }
    }

    private void fill() {
        bytes.compact();
        try {
            int count = stream.read(bytes.array(), bytes.position(), bytes.remaining());
            if (count < 0) {
                atEnd = true;
            } else {
                bytes.position(bytes.position() + count);
            }
        } catch (EOFException | ZipException e) {
            throw new CliException(name + " is not a whole gzip file: it is damaged or its end is missing");
        } catch (IOException e) {
            throw new CliException(name + " cannot be read: " + Failures.reason(e));
        }
        bytes.flip();
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw new CliException(name + " cannot be closed: " + Failures.reason(e));
        }
    }
}
