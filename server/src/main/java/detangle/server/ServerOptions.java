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
 * @param port the port to listen at, 0 for any free one; 8080 by default
 * @param apiKey the key that clients must send as {@code Authorization: Bearer KEY}; none by default
 * @param backend the name of the backend; empty for the best one on the CPU
 * @param precision the precision in which the backend computes; fp32 by default
 * @param weightType the type in which weights that are stored in 32 bits are kept in memory; by default they keep their
 *     stored type
 * @param task the task of each model; if empty, config.json decides, or else the heads in the checkpoint
 * @param ignoreUnused whether tensors of a model that no parameter takes are ignored; otherwise they are an error
 * @param maxBatchTokens the most tokens that run at once, unless one text alone has more
 * @param maxConcurrentRequests the most texts that may wait or run; more are refused with status 429
 * @param maxClientBatchSize the most texts of one request; 32 by default
 * @param payloadLimit the most bytes of a request's body; 2 000 000 by default
 * @param autoTruncate whether texts that are too long are cut; they are refused by default, unless the request asks for
 *     it
 * @param maxLength the most tokens of a text or pair; if empty, the model's files decide. See {@code
 *     PipelineOptions.maxLength}
 * @param embedding the options of vectors for requests that do not state them; whether vectors get the length 1 is up
 *     to the request
 * @param scoring the layer that BERTScore compares, and how, if {@code task} is bertscore
 * @param deadline how long a request may take; then it is answered with status 504
 * @param grace how long running requests may go on after the server has been stopped; 30 seconds by default
 * @param clientTimeout how long a client may take to send the head of a request, to send its body, and to take the
 *     answer; 20 seconds each by default. A slower client is answered with status 408, and the connection is closed
 * @param idleTimeout how long a connection stays open between two requests; 75 seconds by default
 * @param maxConnections connections at once; 1024 by default. For one more, the connection is closed that waits longest
 *     for a request; where none waits, the new one is refused with status 503
 * @param allowedHosts the names by which clients may call the server in the header Host, without ports; {@code *} for
 *     any. If empty: any, unless the server listens for this machine alone. Names and addresses of this machine ({@code
 *     localhost}, {@code 127.0.0.1}, {@code [::1]}) are always allowed
 * @param allowedOrigins the web sites whose pages may ask the server through a browser, such as {@code
 *     https://example.org}; {@code *} for any. None by default but the server's own
 * @param accessLog receives each request to a model, in the thread that answers it; by default nothing receives them
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
    /** The default options: a server for this machine alone, at port 8080, without a key. */
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

    /** Checks the options, and keeps copies of lists. */
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
