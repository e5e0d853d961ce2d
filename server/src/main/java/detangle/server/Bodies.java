package detangle.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Reads bodies of requests. Large bodies share a bounded memory and are parsed one at a time, so small bodies never
 * wait.
 */
final class Bodies {
    /** The most bytes of a small body. */
    private static final int SMALL_BODY_BYTES = 1 << 16;

    /**
     * The most bytes of all large bodies that are held at a time, if that is room for two bodies of the largest size.
     */
    private static final long LARGE_BODIES_BYTES = 32L << 20;

    private final long limit;
    private final Semaphore kilobytes;
    private final Turns turns;
    private final Pace pace = new Pace();

    Bodies(ServerOptions options, Turns turns) {
        // A body must fit into an array.
        this.limit = Math.min(options.payloadLimit(), Integer.MAX_VALUE - 16);
        this.turns = turns;
        this.kilobytes =
                new Semaphore(Math.toIntExact(Math.max(LARGE_BODIES_BYTES, 2 * limit + 2 * SMALL_BODY_BYTES) >> 10));
    }

    /** Returns the error for a body that is larger than the limit. */
    ApiException tooLarge() {
        return ApiException.tooLarge("the body has more than the " + limit + " bytes that are allowed");
    }

    /**
     * Reads a body and passes it to a function.
     *
     * @param what the function; the body is held in memory until it returns
     */
    <T> T read(ServerRequest request, Function<Body, T> what) {
        if (request.headers().contentLength().orElse(0) > limit) {
            throw tooLarge();
        }
        int taken = 0;
        try {
            InputStream in = request.content().inputStream();
            ByteArrayOutputStream body = new ByteArrayOutputStream((int)
                    Math.min(SMALL_BODY_BYTES, request.headers().contentLength().orElse(SMALL_BODY_BYTES)));
            byte[] buffer = new byte[SMALL_BODY_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (body.size() + read > limit) {
                    throw tooLarge();
                }
                body.write(buffer, 0, read);
                pace.spend(read);
                int needed = (body.size() >> 10) - (SMALL_BODY_BYTES >> 10);
                if (needed > taken) {
                    if (!kilobytes.tryAcquire(needed - taken)) {
                        throw ApiException.overloaded("too many large bodies are worked on: try again later");
                    }
                    taken = needed;
                }
            }
            return what.apply(new Body(body.toByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            kilobytes.release(taken);
        }
    }

    /** A body that has been read. */
    final class Body {
        private final byte[] bytes;

        private Body(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }

        /** Returns what {@code parse} makes of the body. */
        <T> T parse(Function<byte[], T> parse) {
            if (bytes.length <= SMALL_BODY_BYTES) {
                return parse.apply(bytes);
            }
            return turns.one(() -> parse.apply(bytes));
        }
    }

    /**
     * Refuses a body whose type is not JSON. A page of another site can make a browser send other types without asking
     * the server.
     *
     * @param absent whether the type may be left out
     */
    static void requireJson(ServerRequestHeaders headers, boolean absent) {
        Optional<String> stated = headers.first(HeaderNames.CONTENT_TYPE);
        if (stated.isEmpty() && absent) {
            return;
        }
        String[] parts = stated.orElse("").toLowerCase(Locale.ROOT).split(";", -1);
        boolean json = parts[0].strip().equals(Responses.JSON);
        for (int i = 1; json && i < parts.length; i++) {
            String parameter = parts[i].strip();
            json = !parameter.startsWith("charset=") || parameter.matches("charset=\"?utf-?8\"?");
        }
        if (!json) {
            throw ApiException.unsupported("the body must be JSON in UTF-8, and "
                    + stated.map(type -> "the header Content-Type says " + type)
                            .orElse("there is no header Content-Type")
                    + ": send the header Content-Type: application/json");
        }
    }
}
