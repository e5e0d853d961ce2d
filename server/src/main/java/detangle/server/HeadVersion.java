package detangle.server;

import io.helidon.http.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Converts a request of HTTP/1.0, which proxies and old clients send, into one of HTTP/1.1 whose connection ends with
 * the answer (RFC 9112, appendix C.2), because the HTTP library understands only HTTP/1.1. Every answer has a length,
 * as HTTP/1.0 needs.
 *
 * <p>If such a request has no host, it gets the name of this machine. Hosts are checked because of browsers, and
 * browsers always name one. Heads of HTTP/1.1, and heads without a version, pass unchanged once their first line is
 * complete. Other versions are refused.
 */
final class HeadVersion {
    private static final Pattern OLD = Pattern.compile("[^\r\n]* HTTP/1\\.0\r\n");
    private static final Pattern OTHER = Pattern.compile("[^\r\n]* HTTP/(?!1\\.1)\\d(\\.\\d)?\r\n");
    private static final byte[] NONE = {};

    private enum State {
        FIRST_LINE,
        OLD,
        /** The head passes unchanged. */
        PASSES
    }

    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private State state = State.FIRST_LINE;

    /** The exception for a request of another version, or of HTTP/1.0 with a header that HTTP/1.0 does not have. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final int status;

        RefusedException(Status status, String message) {
            super(message);
            this.status = status.code();
        }

        Status status() {
            return Status.create(status);
        }
    }

    /**
     * Returns the bytes of a head that the HTTP library may read now.
     *
     * @param piece the next bytes of the head
     * @param last whether the head ends with them
     * @return no bytes while more of the head has to come; the last piece always returns some
     */
    byte[] next(byte[] piece, boolean last) throws RefusedException {
        if (state == State.PASSES) {
            return piece;
        }
        held.writeBytes(piece);
        if (state == State.FIRST_LINE) {
            String text = held.toString(StandardCharsets.ISO_8859_1);
            int end = text.indexOf('\n');
            if (end >= 0) {
                String line = text.substring(0, end + 1);
                state = OLD.matcher(line).matches() ? State.OLD : State.PASSES;
                if (state == State.PASSES && OTHER.matcher(line).matches()) {
                    throw new RefusedException(
                            Status.HTTP_VERSION_NOT_SUPPORTED_505,
                            HttpFaults.of(Status.HTTP_VERSION_NOT_SUPPORTED_505, ""));
                }
            } else if (text.length() > HttpFaults.MAX_FIRST_LINE) {
                state = State.PASSES;
            }
        }
        if (state == State.OLD && last) {
            return modern(held.toString(StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
        }
        if (state == State.OLD && held.size() > HttpFaults.MAX_FIRST_LINE + HttpFaults.MAX_HEADERS) {
            // The library refuses a head that is too long, and says why.
            state = State.PASSES;
            String head = held.toString(StandardCharsets.ISO_8859_1);
            String line = head.substring(0, head.indexOf("\r\n"));
            return (modernLine(line) + head.substring(line.length())).getBytes(StandardCharsets.ISO_8859_1);
        }
        if (state == State.PASSES || last) {
            state = State.PASSES;
            return held.toByteArray();
        }
        return NONE;
    }

    private static String modernLine(String line) {
        return line.substring(0, line.length() - 1) + "1";
    }

    private static String modern(String head) throws RefusedException {
        String[] lines = head.substring(0, head.length() - 4).split("\r\n", -1);
        StringBuilder modern = new StringBuilder(modernLine(lines[0])).append("\r\n");
        boolean host = false;
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            String name = colon < 0 ? "" : lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
            switch (name) {
                // RFC 9112, 6.1: the end of such a body is unknown.
                case "transfer-encoding" ->
                    throw new RefusedException(
                            Status.BAD_REQUEST_400,
                            "a request of HTTP/1.0 has no Transfer-Encoding: send the body with a Content-Length");
                // HTTP/1.0 does not know agreements to keep a connection, or answers before the last one.
                case "connection", "expect" -> {}
                default -> {
                    host |= name.equals("host");
                    modern.append(lines[i]).append("\r\n");
                }
            }
        }
        if (!host) {
            modern.append("Host: localhost\r\n");
        }
        return modern.append("Connection: close\r\n\r\n").toString();
    }
}
