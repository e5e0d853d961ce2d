package detangle.server;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Converts a body of chunks (RFC 9112, section 7.1) from a client into chunks for the HTTP library. The data that
 * arrives together becomes one chunk, without extensions and trailers. The library therefore reads well-formed chunks
 * that are not larger than what has arrived. A body whose chunks are not well formed is refused here.
 */
final class ChunkedBody {
    /** The most digits of a chunk's size, leading zeros included. */
    private static final int MAX_DIGITS = 15;

    /** The most bytes of the extensions of one chunk. */
    private static final int MAX_EXTENSION = 256;

    /** The most bytes of all trailers. */
    private static final int MAX_TRAILERS = 4096;

    private static final byte[] LINE_END = {'\r', '\n'};
    private static final byte[] LAST = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private enum Place {
        SIZE,
        EXTENSION,
        SIZE_LF,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER_START,
        TRAILER,
        TRAILER_LF,
        END_LF,
        END
    }

    private Place place = Place.SIZE;
    private long size;
    private int digits;
    private int extension;
    private int trailers;

    /** The exception for a body with a part that is not a chunk. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message, null, false, false);
        }
    }

    /** Returns whether the body has ended. */
    boolean isEnded() {
        return place == Place.END;
    }

    /**
     * Reads bytes of the body, up to its end.
     *
     * @param out receives the data of these bytes as one chunk
     * @return the number of bytes that belong to the body
     */
    int read(byte[] bytes, ByteArrayOutputStream out) throws MalformedException {
        ByteArrayOutputStream data = new ByteArrayOutputStream(bytes.length);
        int at = 0;
        while (at < bytes.length && place != Place.END) {
            if (place == Place.DATA) {
                int count = (int) Math.min(size, bytes.length - at);
                data.write(bytes, at, count);
                at += count;
                size -= count;
                if (size == 0) {
                    place = Place.DATA_CR;
                }
            } else {
                place = step(bytes[at++]);
            }
        }
        if (data.size() > 0) {
            out.writeBytes((Integer.toHexString(data.size()) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(data.toByteArray());
            out.writeBytes(LINE_END);
        }
        if (place == Place.END) {
            out.writeBytes(LAST);
        }
        return at;
    }

    private Place step(byte b) throws MalformedException {
        return switch (place) {
            case SIZE -> {
                int digit = Character.digit(b, 16);
                if (digit >= 0) {
                    if (++digits > MAX_DIGITS) {
                        throw new MalformedException("the size of a chunk has more than " + MAX_DIGITS + " digits");
                    }
                    size = size * 16 + digit;
                    yield Place.SIZE;
                }
                if (digits == 0 || b != ';' && b != '\r' && b != ' ' && b != '\t') {
                    throw new MalformedException("the size of a chunk is not a hexadecimal number");
                }
                yield b == '\r' ? Place.SIZE_LF : Place.EXTENSION;
            }
            case EXTENSION -> {
                if (b == '\r') {
                    yield Place.SIZE_LF;
                }
                if (isControl(b) || ++extension > MAX_EXTENSION) {
                    throw new MalformedException("the extension of a chunk is longer than " + MAX_EXTENSION
                            + " bytes, or has a control character");
                }
                yield Place.EXTENSION;
            }
            case SIZE_LF -> {
                require(b, '\n', "the size of a chunk does not end with CR and LF");
                boolean last = size == 0;
                digits = 0;
                extension = 0;
                yield last ? Place.TRAILER_START : Place.DATA;
            }
            case DATA_CR -> {
                require(b, '\r', "a chunk is longer than its size says");
                yield Place.DATA_LF;
            }
            case DATA_LF -> {
                require(b, '\n', "a chunk does not end with CR and LF");
                yield Place.SIZE;
            }
            case TRAILER_START -> b == '\r' ? Place.END_LF : trailer(b);
            case TRAILER -> b == '\r' ? Place.TRAILER_LF : trailer(b);
            case TRAILER_LF -> {
                require(b, '\n', "a trailer does not end with CR and LF");
                yield Place.TRAILER_START;
            }
            case END_LF -> {
                require(b, '\n', "the body does not end with CR and LF");
                yield Place.END;
            }
            case DATA, END -> throw new IllegalStateException(place.name());
        };
    }

    private Place trailer(byte b) throws MalformedException {
        if (isControl(b) || ++trailers > MAX_TRAILERS) {
            throw new MalformedException(
                    "trailers are longer than " + MAX_TRAILERS + " bytes, or have a control character");
        }
        return Place.TRAILER;
    }

    private static boolean isControl(byte b) {
        return b >= 0 && b < ' ' && b != '\t' || b == 0x7f;
    }

    private static void require(byte b, char expected, String otherwise) throws MalformedException {
        if (b != expected) {
            throw new MalformedException(otherwise);
        }
    }
}
