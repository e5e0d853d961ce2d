package detangle.server;

import detangle.server.ChunkedBody.MalformedException;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Passes the bytes of a connection to the HTTP library: no bytes beyond the request that the library reads, and
 * well-formed chunks only. The server therefore always knows whether a connection waits for a request, reads one, or
 * reads its body.
 */
final class RequestBytes implements Supplier<byte[]> {
    /**
     * The kind of the requests that this class refuses with the server's own messages. The library has other kinds for
     * what it refuses.
     */
    static final EventType REFUSED = EventType.OTHER;

    /** The most lines of headers of a request. */
    private static final int MAX_HEADERS = 100;

    /** The characters that a method may have beside letters and digits. */
    private static final String PUNCTUATION = "!#$%&'*+-.^_`|~";

    private static final byte[] NONE = {};
    private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};

    /** Bytes of {@link #HEAD_END} that end a line. */
    private static final int LINE_END = 2;

    /** Receives the events of a connection. */
    interface Listener {
        /** The first byte of a request has arrived. */
        void begins();

        /** The head of a request is complete. */
        void headRead();

        /** The whole request has arrived. */
        void ended();
    }

    private enum Part {
        /** The head is read, up to the empty line behind the headers. */
        HEAD,
        /** The library has received the head, and has not yet said what follows. */
        JUDGED,
        LENGTH,
        CHUNKS,
        /** The bytes that follow cannot be read. */
        BROKEN
    }

    private final Supplier<byte[]> socket;
    private final Listener listener;

    /** The bytes that have arrived and were not passed on yet. */
    private byte[] rest = NONE;

    private Part part = Part.HEAD;
    private boolean begun;

    /** The number of skipped bytes of an empty line before the head. */
    private int emptyLine;

    /** Whether the method has been read as a whole. */
    private boolean methodRead;

    /** Bytes of {@link #HEAD_END} that the head ends with so far. */
    private int matched;

    /** The number of complete lines of the head, the first line of the request among them. */
    private int lines;

    private long length;
    private ChunkedBody chunks = new ChunkedBody();
    private HeadVersion version = new HeadVersion();

    /** @param socket supplies the next bytes, and null after the last ones */
    RequestBytes(Supplier<byte[]> socket, Listener listener) {
        this.socket = socket;
        this.listener = listener;
    }

    /** Receives the head that the library has read. */
    void headers(Headers headers) {
        if (headers.stream().anyMatch(header -> header.name().isEmpty())) {
            throw refused(Status.BAD_REQUEST_400, "a header has no name");
        }
        if (headers.contains(HeaderNames.CONTENT_ENCODING)) {
            throw refused(
                    Status.UNSUPPORTED_MEDIA_TYPE_415,
                    "the body is encoded (Content-Encoding), and only plain ones are understood");
        }
        listener.headRead();
        begun = false;
        emptyLine = 0;
        methodRead = false;
        matched = 0;
        lines = 0;
        version = new HeadVersion();
        if (headers.contains(HeaderNames.TRANSFER_ENCODING)) {
            part = Part.CHUNKS;
            chunks = new ChunkedBody();
            return;
        }
        OptionalLong stated;
        try {
            stated = headers.contentLength();
        } catch (IllegalArgumentException e) {
            throw refused(Status.BAD_REQUEST_400, "Content-Length is not one whole number");
        }
        length = stated.orElse(0);
        part = length == 0 ? Part.HEAD : Part.LENGTH;
        if (length == 0) {
            listener.ended();
        }
    }

    /** Returns whether unread bytes may follow. The client may then still be writing when its answer is sent. */
    boolean isUnread() {
        return part != Part.HEAD || begun || rest.length > 0;
    }

    @Override
    public byte[] get() {
        while (true) {
            if (part == Part.BROKEN || part == Part.JUDGED) {
                throw new CloseConnectionException("the bytes after the request cannot be read");
            }
            if (rest.length == 0) {
                fill();
            }
            byte[] next = switch (part) {
                case HEAD -> head();
                case LENGTH -> body();
                case CHUNKS -> chunk();
                case JUDGED, BROKEN -> throw new IllegalStateException(part.name());
            };
            if (next.length > 0) {
                return next;
            }
        }
    }

    private void fill() {
        byte[] read = socket.get();
        if (read != null) {
            rest = read;
            return;
        }
        if (part == Part.HEAD) {
            throw new CloseConnectionException("the connection has ended");
        }
        throw refused(Status.BAD_REQUEST_400, "the body ends before its end");
    }

    private byte[] head() {
        if (!begun) {
            skipEmptyLine();
            if (rest.length == 0) {
                return NONE;
            }
            begun = true;
            listener.begins();
        }
        for (int i = 0; i < rest.length; i++) {
            readMethod(rest[i]);
            matched = rest[i] == HEAD_END[matched] ? matched + 1 : rest[i] == HEAD_END[0] ? 1 : 0;
            if (matched == HEAD_END.length) {
                part = Part.JUDGED;
                return passed(take(i + 1), true);
            }
            if (rest[i] == '\n') {
                endLine();
            }
        }
        return passed(take(rest.length), false);
    }

    /** Skips one empty line before a request, which some clients send behind a body (RFC 9112, 2.2). */
    private void skipEmptyLine() {
        while (emptyLine < LINE_END && rest.length > 0 && rest[0] == HEAD_END[emptyLine]) {
            take(1);
            emptyLine++;
        }
        if (emptyLine == 1 && rest.length > 0) {
            throw noMethod();
        }
    }

    private byte[] passed(byte[] piece, boolean last) {
        try {
            return version.next(piece, last);
        } catch (HeadVersion.RefusedException e) {
            throw refused(e.status(), e.getMessage());
        }
    }

    /** Counts lines, because the library counts several headers of one name as one. */
    private void endLine() {
        if (++lines > 1 + MAX_HEADERS) {
            throw refused(Status.create(431), "a request may have " + MAX_HEADERS + " headers, and this one has more");
        }
    }

    /** Refuses bytes that cannot begin a request, such as the rest of a body without a length. */
    private void readMethod(byte b) {
        if (methodRead) {
            return;
        }
        methodRead = b == ' ';
        if (!methodRead && !Character.isLetterOrDigit(b) && PUNCTUATION.indexOf(b) < 0) {
            throw noMethod();
        }
    }

    private RequestException noMethod() {
        return refused(Status.BAD_REQUEST_400, "a request must begin with a method, such as GET or POST");
    }

    private byte[] body() {
        int count = (int) Math.min(length, rest.length);
        length -= count;
        if (length == 0) {
            end();
        }
        return take(count);
    }

    private byte[] chunk() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(rest.length + 16);
        try {
            take(chunks.read(rest, out));
        } catch (MalformedException e) {
            throw refused(Status.BAD_REQUEST_400, e.getMessage());
        }
        if (chunks.isEnded()) {
            end();
        }
        return out.toByteArray();
    }

    private void end() {
        part = Part.HEAD;
        listener.ended();
    }

    private byte[] take(int count) {
        byte[] all = rest;
        rest = count == all.length ? NONE : Arrays.copyOfRange(all, count, all.length);
        return count == all.length ? all : Arrays.copyOf(all, count);
    }

    private RequestException refused(Status status, String message) {
        part = Part.BROKEN;
        return RequestException.builder()
                .type(REFUSED)
                .status(status)
                .setKeepAlive(false)
                .message(message)
                .build();
    }
}
