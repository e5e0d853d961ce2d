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

    public ServerOptions withHost(String value) {
        return new ServerOptions(
                value,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withPort(int value) {
        return new ServerOptions(
                host,
                value,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withApiKey(Optional<String> value) {
        return new ServerOptions(
                host,
                port,
                value,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withBackend(Optional<String> value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                value,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withMaxBatchTokens(int value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                value,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withMaxConcurrentRequests(int value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                value,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withMaxClientBatchSize(int value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                value,
                payloadLimit,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withPayloadLimit(long value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                value,
                autoTruncate,
                deadline,
                grace);
    }

    public ServerOptions withAutoTruncate(boolean value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                value,
                deadline,
                grace);
    }

    public ServerOptions withDeadline(Duration value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                value,
                grace);
    }

    public ServerOptions withGrace(Duration value) {
        return new ServerOptions(
                host,
                port,
                apiKey,
                backend,
                maxBatchTokens,
                maxConcurrentRequests,
                maxClientBatchSize,
                payloadLimit,
                autoTruncate,
                deadline,
                value);
    }

    /** Never shows the key. */
    @Override
    public String toString() {
        return "ServerOptions[" + host + ":" + port + "]";
    }
}
