package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.RawClient.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Requests with something changed are answered, or refused in one clean line, and the next one is answered: a few
 * hundred of them, or {@code -Ddetangle.hostile.mutants=2000} with {@code -Ddetangle.hostile.seed=7}.
 */
class MutatedRequestsTest extends ServerTest {
    private static final int MUTANTS = Integer.getInteger("detangle.hostile.mutants", 300);
    private static final long SEED = Long.getLong("detangle.hostile.seed", 1);

    /** What a request may take that is not one: far more than is needed, for machines that do other things. */
    private static final long NANOS = 5_000_000_000L;

    /** The server knows these from wrong requests: an encoding of transfer, and a version, that it does not speak. */
    private static final List<Integer> NOT_SPOKEN = List.of(501, 505);

    @Test
    void eachIsAnsweredAndTheNextOneToo() throws IOException {
        for (int number = 0; number < MUTANTS; number++) {
            byte[] request = new MutatedRequests(SEED, number).next();
            try {
                check(server.port(), request);
                assertEquals(
                        200, post(server, "/predict", Map.of("inputs", TEXT)).status());
            } catch (AssertionError | IOException e) {
                throw new AssertionError(
                        "mutant " + number + " of seed " + SEED + ": "
                                + new String(request, StandardCharsets.ISO_8859_1),
                        e);
            }
        }
    }

    /** Sends a request, and asserts that each answer is one, or a refusal in one clean line, and that it comes soon. */
    static void check(int port, byte[] request) throws IOException {
        long begin = System.nanoTime();
        checkReplies(RawClient.exchange(port, request));
        long took = System.nanoTime() - begin;
        assertTrue(took < NANOS, "answered after " + took / 1_000_000 + " ms");
    }

    /** Asserts that each is an answer, or an error in one clean line that is the client's fault. */
    static void checkReplies(List<Reply> replies) {
        for (Reply reply : replies) {
            int status = reply.status();
            assertTrue(status < 500 || NOT_SPOKEN.contains(status), reply.toString());
            if (status != 100) {
                Probe.checkHeaders(reply);
            }
            if (status >= 400) {
                Probe.checkIsError(reply);
            }
        }
    }
}
