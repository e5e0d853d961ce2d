package detangle.server;

import io.helidon.http.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Makes a request of HTTP/1.0, which proxies and old clients send, one of HTTP/1.1 whose connection ends with the
 * answer (RFC 9112, appendix C.2): the HTTP library understands no other. Every answer has a length, as HTTP/1.0
 * needs.
 *
 * <p>Such a request may come without a host, and the name of this machine stands for it: browsers, for whose sake
 * hosts are checked, always name one. Heads of HTTP/1.1, and those without a version, pass as they come, once their
 * first line is complete; other versions are refused.
 */
final class HeadVersion {
    private static final Pattern OLD = Pattern.compile("[^\r\n]* HTTP/1\\.0\r\n");
    private static final Pattern OTHER = Pattern.compile("[^\r\n]* HTTP/(?!1\\.1)\\d(\\.\\d)?\r\n");
    private static final byte[] NONE = {};

    private enum State {
        FIRST_LINE,
        OLD,
        /** Nothing is held back. */
        PASSES
    }

    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private State state = State.FIRST_LINE;

    /** A request of a version that is not spoken, or whose head states what HTTP/1.0 does not have. */
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
     * Returns what the HTTP library may read of a head.
     *
     * @param piece the next bytes of the head
     * @param last whether the head ends with them
     * @return nothing while more has to come; never nothing for the last piece
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
            // The library says what is wrong with a head that is too long.
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
                // RFC 9112, 6.1: where such a body ends cannot be known.
                case "transfer-encoding" ->
                    throw new RefusedException(
                            Status.BAD_REQUEST_400,
                            "a request of HTTP/1.0 has no Transfer-Encoding: send the body with a Content-Length");
                // Neither an agreement to keep the connection nor an answer that is not the last is known to HTTP/1.0.
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
