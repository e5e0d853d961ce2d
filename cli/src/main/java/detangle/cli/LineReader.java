package detangle.cli;

import java.util.Optional;

/** The lines of a stream of UTF-8. Only a line feed ends a line: other separators are a part of the text. */
final class LineReader implements AutoCloseable {
    private final Utf8Reader reader;
    private final char[] buffer = new char[1 << 13];
    private int next;
    private int limit;
    private String ending = "";
    private long number;

    LineReader(Utf8Reader reader) {
        this.reader = reader;
    }

    /**
     * Says that a row begins with the next line; see {@link Utf8Reader#beginRow}.
     *
     * @param also what counts beside the row's own characters, in parentheses; empty if nothing does
     */
    void beginRow(long row, String also) {
        reader.beginRow("row " + row + " (line " + (number + 1) + ")", also + ": does a line feed end each line?");
    }

    /** Returns the next line, without its end. */
    Optional<String> next() {
        StringBuilder line = new StringBuilder();
        boolean any = false;
        boolean ended = false;
        while (!ended && (next < limit || fill())) {
            any = true;
            int end = next;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            line.append(buffer, next, end - next);
            ended = end < limit;
            next = ended ? end + 1 : end;
        }
        if (!any) {
            return Optional.empty();
        }
        number++;
        boolean returns = !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
        if (returns) {
            line.setLength(line.length() - 1);
        }
        ending = (returns ? "\r" : "") + (ended ? "\n" : "");
        return Optional.of(line.toString());
    }

    private boolean fill() {
        next = 0;
        limit = Math.max(0, reader.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    /** Returns whether the next line can be read without waiting for who writes it. */
    boolean ready() {
        return next < limit || reader.ready();
    }

    /** Returns what ended the last line; it is empty where the stream ends without a line end. */
    String ending() {
        return ending;
    }

    /** Returns the byte order mark at the beginning of the stream; it is empty where there is none. */
    String mark() {
        return reader.mark();
    }

    /** Returns the number of the last line, from 1. */
    long number() {
        return number;
    }

    @Override
    public void close() {
        reader.close();
    }
}
