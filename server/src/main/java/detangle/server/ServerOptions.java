package detangle.server;

import detangle.pipelines.DynamicBatching;
import java.time.Duration;
import java.util.Optional;

/**
 * How a server runs; the names and numbers of {@link #DEFAULT} are those of text-embeddings-inference where it has them.
 *
 * @param host the address to listen at
 * @param port 0 for any that is free
 * @param apiKey what clients must send as {@code Authorization: Bearer KEY}
 * @param backend what to run on; empty for the best on the CPU
 * @param maxBatchTokens tokens that run at once, unless one text alone has more
 * @param maxConcurrentRequests texts that may wait; more are refused with status 429
 * @param maxClientBatchSize texts of one request
 * @param payloadLimit bytes of a request's body
 * @param autoTruncate whether texts that are too long are cut; they are refused otherwise, unless the request asks for it
 * @param deadline how long a request may take; then it is answered with status 504
 * @param grace how long requests that run may go on when the server is stopped
 */
public record ServerOptions(
        String host,
        int port,
        Optional<String> apiKey,
        Optional<String> backend,
        int maxBatchTokens,
        int maxConcurrentRequests,
        int maxClientBatchSize,
        long payloadLimit,
        boolean autoTruncate,
        Duration deadline,
        Duration grace) {
    /** This machine alone, port 8080, no key. */
    public static final ServerOptions DEFAULT = new ServerOptions(
            "127.0.0.1",
            8080,
            Optional.empty(),
            Optional.empty(),
            DynamicBatching.DEFAULT.maxBatchTokens(),
            DynamicBatching.DEFAULT.maxWaiting(),
            32,
            2_000_000,
            false,
            DynamicBatching.DEFAULT.deadline(),
            Duration.ofSeconds(30));

    /** Never shows the key. */
    @Override
    public String toString() {
        return "ServerOptions[" + host + ":" + port + "]";
    }
}
