package detangle.server;

import detangle.ir.DType;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.EmbeddingOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How a server runs; names and numbers are those of text-embeddings-inference where it has them. Values do not change: each
 * {@code with} gives another.
 */
public final class ServerOptions {
    /** This machine alone, port 8080, no key. */
    public static final ServerOptions DEFAULT = new ServerOptions();

    private String host = "127.0.0.1";
    private int port = 8080;
    private Optional<String> apiKey = Optional.empty();
    private Optional<String> backend = Optional.empty();
    private Optional<DType> weightType = Optional.empty();
    private Optional<ServedTask> task = Optional.empty();
    private boolean ignoreUnused;
    private int maxBatchTokens = DynamicBatching.DEFAULT.maxBatchTokens();
    private int maxConcurrentRequests = DynamicBatching.DEFAULT.maxWaiting();
    private int maxClientBatchSize = 32;
    private long payloadLimit = 2_000_000;
    private boolean autoTruncate;
    private OptionalInt maxLength = OptionalInt.empty();
    private EmbeddingOptions embedding = EmbeddingOptions.DEFAULT;
    private Duration deadline = DynamicBatching.DEFAULT.deadline();
    private Duration grace = Duration.ofSeconds(30);
    private Duration clientTimeout = Duration.ofSeconds(20);
    private Duration idleTimeout = Duration.ofSeconds(75);
    private int maxConnections = 1024;
    private List<String> allowedHosts = List.of();
    private List<String> allowedOrigins = List.of();
    private Consumer<Access> accessLog = access -> {};

    private ServerOptions() {}

    private ServerOptions with(Consumer<ServerOptions> change) {
        ServerOptions copy = new ServerOptions();
        copy.host = host;
        copy.port = port;
        copy.apiKey = apiKey;
        copy.backend = backend;
        copy.weightType = weightType;
        copy.task = task;
        copy.ignoreUnused = ignoreUnused;
        copy.maxBatchTokens = maxBatchTokens;
        copy.maxConcurrentRequests = maxConcurrentRequests;
        copy.maxClientBatchSize = maxClientBatchSize;
        copy.payloadLimit = payloadLimit;
        copy.autoTruncate = autoTruncate;
        copy.maxLength = maxLength;
        copy.embedding = embedding;
        copy.deadline = deadline;
        copy.grace = grace;
        copy.clientTimeout = clientTimeout;
        copy.idleTimeout = idleTimeout;
        copy.maxConnections = maxConnections;
        copy.allowedHosts = allowedHosts;
        copy.allowedOrigins = allowedOrigins;
        copy.accessLog = accessLog;
        change.accept(copy);
        return copy;
    }

    /** The address to listen at; 127.0.0.1 by default, which is this machine alone. */
    public String host() {
        return host;
    }

    public ServerOptions withHost(String value) {
        return with(o -> o.host = value);
    }

    /** 0 for any that is free; 8080 by default. */
    public int port() {
        return port;
    }

    public ServerOptions withPort(int value) {
        return with(o -> o.port = value);
    }

    /** What clients must send as {@code Authorization: Bearer KEY}; nothing by default. */
    public Optional<String> apiKey() {
        return apiKey;
    }

    public ServerOptions withApiKey(Optional<String> value) {
        return with(o -> o.apiKey = value);
    }

    /** What to run on; empty for the best on the CPU. */
    public Optional<String> backend() {
        return backend;
    }

    public ServerOptions withBackend(Optional<String> value) {
        return with(o -> o.backend = value);
    }

    /** What weights that are stored in 32 bits are kept in; as they are stored by default. */
    public Optional<DType> weightType() {
        return weightType;
    }

    public ServerOptions withWeightType(Optional<DType> value) {
        return with(o -> o.weightType = value);
    }

    /** What is done with each model; empty for what config.json says, or the checkpoint holds where that says nothing. */
    public Optional<ServedTask> task() {
        return task;
    }

    public ServerOptions withTask(Optional<ServedTask> value) {
        return with(o -> o.task = value);
    }

    /** Whether tensors of a model that no parameter takes are passed over; they are a fault otherwise. */
    public boolean ignoreUnused() {
        return ignoreUnused;
    }

    public ServerOptions withIgnoreUnused(boolean value) {
        return with(o -> o.ignoreUnused = value);
    }

    /** Tokens that run at once, unless one text alone has more. */
    public int maxBatchTokens() {
        return maxBatchTokens;
    }

    public ServerOptions withMaxBatchTokens(int value) {
        return with(o -> o.maxBatchTokens = value);
    }

    /** Texts that may wait; more are refused with status 429. */
    public int maxConcurrentRequests() {
        return maxConcurrentRequests;
    }

    public ServerOptions withMaxConcurrentRequests(int value) {
        return with(o -> o.maxConcurrentRequests = value);
    }

    /** Texts of one request; 32 by default. */
    public int maxClientBatchSize() {
        return maxClientBatchSize;
    }

    public ServerOptions withMaxClientBatchSize(int value) {
        return with(o -> o.maxClientBatchSize = value);
    }

    /** Bytes of a request's body; 2 000 000 by default. */
    public long payloadLimit() {
        return payloadLimit;
    }

    public ServerOptions withPayloadLimit(long value) {
        return with(o -> o.payloadLimit = value);
    }

    /** Whether texts that are too long are cut; they are refused by default, unless the request asks for it. */
    public boolean autoTruncate() {
        return autoTruncate;
    }

    public ServerOptions withAutoTruncate(boolean value) {
        return with(o -> o.autoTruncate = value);
    }

    /** The most tokens of a text or pair; what the model's files state if empty. See {@code PipelineOptions.maxLength}. */
    public OptionalInt maxLength() {
        return maxLength;
    }

    public ServerOptions withMaxLength(OptionalInt value) {
        return with(o -> o.maxLength = value);
    }

    /** How texts become vectors where a request does not say otherwise; requests say whether vectors are made of length 1. */
    public EmbeddingOptions embedding() {
        return embedding;
    }

    public ServerOptions withEmbedding(EmbeddingOptions value) {
        return with(o -> o.embedding = value);
    }

    /** How long a request may take; then it is answered with status 504. */
    public Duration deadline() {
        return deadline;
    }

    public ServerOptions withDeadline(Duration value) {
        return with(o -> o.deadline = value);
    }

    /** How long requests that run may go on when the server is stopped; 30 seconds by default. */
    public Duration grace() {
        return grace;
    }

    public ServerOptions withGrace(Duration value) {
        return with(o -> o.grace = value);
    }

    /**
     * How long a client may take to send the head of a request, to send its body, and to take the answer; 20 seconds each by default. Who is
     * slower is answered with status 408, and the connection is closed.
     */
    public Duration clientTimeout() {
        return clientTimeout;
    }

    public ServerOptions withClientTimeout(Duration value) {
        return with(o -> o.clientTimeout = value);
    }

    /** How long a connection stays open between two requests; 75 seconds by default. */
    public Duration idleTimeout() {
        return idleTimeout;
    }

    public ServerOptions withIdleTimeout(Duration value) {
        return with(o -> o.idleTimeout = value);
    }

    /**
     * Connections at once; 1024 by default. For one more, the connection is closed that waits longest for a request; where none waits, the new
     * one is refused with status 503.
     */
    public int maxConnections() {
        return maxConnections;
    }

    public ServerOptions withMaxConnections(int value) {
        return with(o -> o.maxConnections = value);
    }

    /**
     * By which names clients may call the server in the header Host, without ports; {@code *} for any. If empty: any, unless the server listens
     * for this machine alone. Names and addresses of this machine ({@code localhost}, {@code 127.0.0.1}, {@code [::1]}) are always allowed.
     */
    public List<String> allowedHosts() {
        return allowedHosts;
    }

    public ServerOptions withAllowedHosts(List<String> value) {
        return with(o -> o.allowedHosts = List.copyOf(value));
    }

    /**
     * The web sites whose pages may ask the server through a browser, such as {@code https://example.org}; {@code *} for any. None by default but
     * the server's own.
     */
    public List<String> allowedOrigins() {
        return allowedOrigins;
    }

    public ServerOptions withAllowedOrigins(List<String> value) {
        return with(o -> o.allowedOrigins = List.copyOf(value));
    }

    /** Who is told of each request to a model, by the thread that answers it; nobody by default. */
    public Consumer<Access> accessLog() {
        return accessLog;
    }

    public ServerOptions withAccessLog(Consumer<Access> value) {
        return with(o -> o.accessLog = value);
    }
}
