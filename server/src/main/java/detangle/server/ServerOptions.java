package detangle.server;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.task.TextTask;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The options of a server; names and numbers are those of text-embeddings-inference where it has them.
 *
 * @param host the address to listen at; 127.0.0.1 by default, which is this machine alone
 * @param port 0 for any that is free; 8080 by default
 * @param apiKey what clients must send as {@code Authorization: Bearer KEY}; nothing by default
 * @param backend what to run on; empty for the best on the CPU
 * @param precision in which the backend computes; fp32 by default
 * @param weightType what weights that are stored in 32 bits are kept in; as they are stored by default
 * @param task what is done with each model; empty for what config.json says, or the checkpoint holds where that says
 *     nothing
 * @param ignoreUnused whether tensors of a model that no parameter takes are passed over; they are a fault otherwise
 * @param maxBatchTokens tokens that run at once, unless one text alone has more
 * @param maxConcurrentRequests texts that may wait; more are refused with status 429
 * @param maxClientBatchSize texts of one request; 32 by default
 * @param payloadLimit bytes of a request's body; 2 000 000 by default
 * @param autoTruncate whether texts that are too long are cut; they are refused by default, unless the request asks
 *     for it
 * @param maxLength the most tokens of a text or pair; what the model's files state if empty. See {@code
 *     PipelineOptions.maxLength}
 * @param embedding how texts become vectors where a request does not say otherwise; requests say whether vectors are
 *     made of length 1
 * @param scoring which layer BERTScore compares, and how, where that is what a model is served for
 * @param deadline how long a request may take; then it is answered with status 504
 * @param grace how long requests that run may go on when the server is stopped; 30 seconds by default
 * @param clientTimeout how long a client may take to send the head of a request, to send its body, and to take the
 *     answer; 20 seconds each by default. A slower client is answered with status 408, and the connection is closed
 * @param idleTimeout how long a connection stays open between two requests; 75 seconds by default
 * @param maxConnections connections at once; 1024 by default. For one more, the connection is closed that waits
 *     longest for a request; where none waits, the new one is refused with status 503
 * @param allowedHosts by which names clients may call the server in the header Host, without ports; {@code *} for
 *     any. If empty: any, unless the server listens for this machine alone. Names and addresses of this machine
 *     ({@code localhost}, {@code 127.0.0.1}, {@code [::1]}) are always allowed
 * @param allowedOrigins the web sites whose pages may ask the server through a browser, such as {@code
 *     https://example.org}; {@code *} for any. None by default but the server's own
 * @param accessLog is told of each request to a model, by the thread that answers it; nobody is told by default
 */
public record ServerOptions(
        String host,
        int port,
        Optional<String> apiKey,
        Optional<String> backend,
        ComputePrecision precision,
        Optional<DType> weightType,
        Optional<TextTask<?>> task,
        boolean ignoreUnused,
        int maxBatchTokens,
        int maxConcurrentRequests,
        int maxClientBatchSize,
        long payloadLimit,
        boolean autoTruncate,
        OptionalInt maxLength,
        EmbeddingOptions embedding,
        BertScoreOptions scoring,
        Duration deadline,
        Duration grace,
        Duration clientTimeout,
        Duration idleTimeout,
        int maxConnections,
        List<String> allowedHosts,
        List<String> allowedOrigins,
        Consumer<Access> accessLog) {
    /** This machine alone, port 8080, no key. */
    public static final ServerOptions DEFAULT = new ServerOptions(
            "127.0.0.1",
            8080,
            Optional.empty(),
            Optional.empty(),
            ComputePrecision.FP32,
            Optional.empty(),
            Optional.empty(),
            false,
            DynamicBatching.DEFAULT.maxBatchTokens(),
            DynamicBatching.DEFAULT.maxWaiting(),
            32,
            2_000_000,
            false,
            OptionalInt.empty(),
            EmbeddingOptions.DEFAULT,
            BertScoreOptions.DEFAULT,
            DynamicBatching.DEFAULT.deadline(),
            Duration.ofSeconds(30),
            Duration.ofSeconds(20),
            Duration.ofSeconds(75),
            1024,
            List.of(),
            List.of(),
            access -> {});

    /** Keeps copies. */
    public ServerOptions {
        allowedHosts = List.copyOf(allowedHosts);
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    public ServerOptions withHost(String value) {
        return with(o -> o.host = value);
    }

    public ServerOptions withPort(int value) {
        return with(o -> o.port = value);
    }

    public ServerOptions withApiKey(String value) {
        return with(o -> o.apiKey = Optional.of(value));
    }

    public ServerOptions withBackend(String value) {
        return with(o -> o.backend = Optional.of(value));
    }

    public ServerOptions withPrecision(ComputePrecision value) {
        return with(o -> o.precision = value);
    }

    public ServerOptions withWeightType(DType value) {
        return with(o -> o.weightType = Optional.of(value));
    }

    public ServerOptions withTask(TextTask<?> value) {
        return with(o -> o.task = Optional.of(value));
    }

    public ServerOptions withIgnoreUnused(boolean value) {
        return with(o -> o.ignoreUnused = value);
    }

    public ServerOptions withMaxBatchTokens(int value) {
        return with(o -> o.maxBatchTokens = value);
    }

    public ServerOptions withMaxConcurrentRequests(int value) {
        return with(o -> o.maxConcurrentRequests = value);
    }

    public ServerOptions withMaxClientBatchSize(int value) {
        return with(o -> o.maxClientBatchSize = value);
    }

    public ServerOptions withPayloadLimit(long value) {
        return with(o -> o.payloadLimit = value);
    }

    public ServerOptions withAutoTruncate(boolean value) {
        return with(o -> o.autoTruncate = value);
    }

    public ServerOptions withMaxLength(int value) {
        return with(o -> o.maxLength = OptionalInt.of(value));
    }

    public ServerOptions withEmbedding(EmbeddingOptions value) {
        return with(o -> o.embedding = value);
    }

    public ServerOptions withScoring(BertScoreOptions value) {
        return with(o -> o.scoring = value);
    }

    public ServerOptions withDeadline(Duration value) {
        return with(o -> o.deadline = value);
    }

    public ServerOptions withGrace(Duration value) {
        return with(o -> o.grace = value);
    }

    public ServerOptions withClientTimeout(Duration value) {
        return with(o -> o.clientTimeout = value);
    }

    public ServerOptions withIdleTimeout(Duration value) {
        return with(o -> o.idleTimeout = value);
    }

    public ServerOptions withMaxConnections(int value) {
        return with(o -> o.maxConnections = value);
    }

    public ServerOptions withAllowedHosts(List<String> value) {
        return with(o -> o.allowedHosts = value);
    }

    public ServerOptions withAllowedOrigins(List<String> value) {
        return with(o -> o.allowedOrigins = value);
    }

    public ServerOptions withAccessLog(Consumer<Access> value) {
        return with(o -> o.accessLog = value);
    }

    private ServerOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components as fields, so that one of them can be set by its name. */
    private static final class Draft {
        private String host;
        private int port;
        private Optional<String> apiKey;
        private Optional<String> backend;
        private ComputePrecision precision;
        private Optional<DType> weightType;
        private Optional<TextTask<?>> task;
        private boolean ignoreUnused;
        private int maxBatchTokens;
        private int maxConcurrentRequests;
        private int maxClientBatchSize;
        private long payloadLimit;
        private boolean autoTruncate;
        private OptionalInt maxLength;
        private EmbeddingOptions embedding;
        private BertScoreOptions scoring;
        private Duration deadline;
        private Duration grace;
        private Duration clientTimeout;
        private Duration idleTimeout;
        private int maxConnections;
        private List<String> allowedHosts;
        private List<String> allowedOrigins;
        private Consumer<Access> accessLog;

        Draft(ServerOptions options) {
            host = options.host;
            port = options.port;
            apiKey = options.apiKey;
            backend = options.backend;
            precision = options.precision;
            weightType = options.weightType;
            task = options.task;
            ignoreUnused = options.ignoreUnused;
            maxBatchTokens = options.maxBatchTokens;
            maxConcurrentRequests = options.maxConcurrentRequests;
            maxClientBatchSize = options.maxClientBatchSize;
            payloadLimit = options.payloadLimit;
            autoTruncate = options.autoTruncate;
            maxLength = options.maxLength;
            embedding = options.embedding;
            scoring = options.scoring;
            deadline = options.deadline;
            grace = options.grace;
            clientTimeout = options.clientTimeout;
            idleTimeout = options.idleTimeout;
            maxConnections = options.maxConnections;
            allowedHosts = options.allowedHosts;
            allowedOrigins = options.allowedOrigins;
            accessLog = options.accessLog;
        }

        ServerOptions options() {
            return new ServerOptions(
                    host,
                    port,
                    apiKey,
                    backend,
                    precision,
                    weightType,
                    task,
                    ignoreUnused,
                    maxBatchTokens,
                    maxConcurrentRequests,
                    maxClientBatchSize,
                    payloadLimit,
                    autoTruncate,
                    maxLength,
                    embedding,
                    scoring,
                    deadline,
                    grace,
                    clientTimeout,
                    idleTimeout,
                    maxConnections,
                    allowedHosts,
                    allowedOrigins,
                    accessLog);
        }
    }
}
