package detangle.cli;

import detangle.backend.processor.ThreadCount;
import detangle.cli.Failures.CliException;
import detangle.ir.DetangleException;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.task.TextTask;
import detangle.pipelines.task.TextTasks;
import detangle.runtime.OptionValues;
import detangle.server.Access;
import detangle.server.InferenceServer;
import detangle.server.ServerOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "serve",
        description =
                "Answers requests over HTTP, by the routes of HuggingFace's inference API, text-embeddings-inference,"
                        + " OpenAI and the Open Inference Protocol. /openapi.json describes them, / is a page to try a"
                        + " model.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Runnable {
    private static final ServerOptions DEFAULT = ServerOptions.DEFAULT;

    /** The words of {@code --task}. */
    static final class TaskNames extends NamedValues<TextTask<?>> {
        TaskNames() {
            super(TextTasks.all(), TextTask::name);
        }
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..*",
            description = "Folders, artifacts or names on the hub; the model shipped with Detangle by default.")
    private List<String> models = List.of();

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = "The address to listen at; 127.0.0.1 by default, 0.0.0.0 for all addresses.")
    private String host = DEFAULT.host();

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "The port to listen at; ${DEFAULT-VALUE} by default, 0 for any free port.")
    private int port = DEFAULT.port();

    @Option(names = "--api-key", paramLabel = "KEY", description = "The key that clients must send as a bearer token.")
    private Optional<String> apiKey;

    @Mixin
    private BackendOption backend;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private WeightTypeOption weightType;

    @Mixin
    private ThreadsOption threads;

    @Option(
            names = "--task",
            paramLabel = "NAME",
            converter = TaskNames.class,
            completionCandidates = TaskNames.class,
            description = "The task of each model: ${COMPLETION-CANDIDATES}; by default config.json decides, or"
                    + " else the heads in the checkpoint.")
    private Optional<TextTask<?>> task;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Option(
            names = "--max-batch-tokens",
            paramLabel = "N",
            description = "The most tokens that run at once; ${DEFAULT-VALUE} by default.")
    private int maxBatchTokens = DEFAULT.maxBatchTokens();

    @Option(
            names = "--max-concurrent-requests",
            paramLabel = "N",
            description = "The most texts that wait or run; further requests are refused with status 429;"
                    + " ${DEFAULT-VALUE} by default.")
    private int maxConcurrentRequests = DEFAULT.maxConcurrentRequests();

    @Option(
            names = "--max-client-batch-size",
            paramLabel = "N",
            description = "The most texts of a request; ${DEFAULT-VALUE} by default.")
    private int maxClientBatchSize = DEFAULT.maxClientBatchSize();

    @Option(
            names = "--payload-limit",
            paramLabel = "BYTES",
            description = "The most bytes of a request's body; ${DEFAULT-VALUE} by default.")
    private long payloadLimit = DEFAULT.payloadLimit();

    @Option(names = "--auto-truncate", description = "Cut texts that are longer than the model takes.")
    private boolean autoTruncate;

    @Mixin
    private LengthOption length;

    @Mixin
    private VectorOptions vectors;

    @Option(
            names = "--default-prompt-name",
            paramLabel = "NAME",
            description =
                    "The prompt of config_sentence_transformers.json that stands before texts to embed; the folder's"
                            + " default by default.")
    private Optional<String> defaultPromptName;

    @Option(
            names = "--default-prompt",
            paramLabel = "TEXT",
            description = "A prompt of your own that stands before texts to embed instead; an empty text for none.")
    private Optional<String> defaultPrompt;

    @Option(
            names = "--num-layers",
            paramLabel = "N",
            description =
                    "The layer whose states BERTScore compares; bert-score's choice for published models by default.")
    private Optional<Integer> numLayers;

    @Option(
            names = "--deadline",
            paramLabel = "SECONDS",
            description = "The most seconds for a request; ${DEFAULT-VALUE} by default.")
    private int deadline = Math.toIntExact(DEFAULT.deadline().toSeconds());

    @Option(
            names = "--client-timeout",
            paramLabel = "SECONDS",
            description = "The most seconds for a client to send a request's head, to send its body, and to take"
                    + " the answer; ${DEFAULT-VALUE} each by default.")
    private int clientTimeout = Math.toIntExact(DEFAULT.clientTimeout().toSeconds());

    @Option(
            names = "--idle-timeout",
            paramLabel = "SECONDS",
            description =
                    "The seconds for which a connection stays open between requests; ${DEFAULT-VALUE} by" + " default.")
    private int idleTimeout = Math.toIntExact(DEFAULT.idleTimeout().toSeconds());

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "The most connections at once; ${DEFAULT-VALUE} by default.")
    private int maxConnections = DEFAULT.maxConnections();

    @Option(
            names = "--allowed-hosts",
            paramLabel = "NAME",
            split = ",",
            description = "Names by which clients may call the server (header Host), * for any. By default any name"
                    + " is allowed; a server that listens only for this machine allows only its names.")
    private List<String> allowedHosts = List.of();

    @Option(
            names = "--cors-allow-origin",
            paramLabel = "ORIGIN",
            split = ",",
            description = "Web sites whose pages may ask the server, such as https://example.org, * for any; by"
                    + " default only the server's own page.")
    private List<String> allowedOrigins = List.of();

    @Option(names = "--json-output", description = "Write a line of JSON on standard error for each request.")
    private boolean jsonOutput;

    /** Times as of ISO 8601, durations in milliseconds. */
    private static String line(Access access) {
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("timestamp", access.time().toString())
                .put("method", access.method())
                .put("path", access.path())
                .put("status", access.status())
                .put("duration_ms", access.duration().toNanos() / 1e6);
        return line.toString();
    }

    private void checkLimits() {
        Map<String, Long> limits = Map.of(
                "--max-batch-tokens", (long) maxBatchTokens,
                "--max-concurrent-requests", (long) maxConcurrentRequests,
                "--max-client-batch-size", (long) maxClientBatchSize,
                "--payload-limit", payloadLimit,
                "--deadline", (long) deadline,
                "--client-timeout", (long) clientTimeout,
                "--idle-timeout", (long) idleTimeout,
                "--max-connections", (long) maxConnections);
        limits.forEach((name, limit) -> {
            if (limit < 1) {
                throw new ParameterException(spec.commandLine(), name + " must be at least 1");
            }
        });
    }

    private EmbeddingOptions embedding() {
        EmbeddingOptions named =
                OptionValues.with(vectors.options(), defaultPromptName, EmbeddingOptions::withPromptName);
        return OptionValues.with(named, defaultPrompt, EmbeddingOptions::withPrompt);
    }

    @Override
    public void run() {
        if (port < 0 || port > 65_535) {
            throw new ParameterException(spec.commandLine(), "--port must be a number from 0 to 65535");
        }
        // DETANGLE_API_KEY counts as not set if it is empty; an empty option would leave the server open by mistake.
        if (apiKey.filter(String::isBlank).isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "--api-key is empty: name a key, or leave the option out to serve everybody");
        }
        checkLimits();
        if (defaultPromptName.isPresent() && defaultPrompt.isPresent()) {
            throw new ParameterException(spec.commandLine(), "give either --default-prompt-name or --default-prompt");
        }
        threads.apply();
        PrintWriter err = spec.commandLine().getErr();
        OptionVariables.misspelt(spec.commandLine()).forEach(fault -> err.println("detangle: " + fault));
        ServerOptions asked = DEFAULT.withHost(host)
                .withPort(port)
                .withPrecision(precision.chosen(backend.name()))
                .withIgnoreUnused(ignoreUnused.isSet())
                .withMaxBatchTokens(maxBatchTokens)
                .withMaxConcurrentRequests(maxConcurrentRequests)
                .withMaxClientBatchSize(maxClientBatchSize)
                .withPayloadLimit(payloadLimit)
                .withAutoTruncate(autoTruncate)
                .withEmbedding(embedding())
                .withScoring(OptionValues.with(BertScoreOptions.DEFAULT, numLayers, BertScoreOptions::withNumLayers))
                .withDeadline(Duration.ofSeconds(deadline))
                .withClientTimeout(Duration.ofSeconds(clientTimeout))
                .withIdleTimeout(Duration.ofSeconds(idleTimeout))
                .withMaxConnections(maxConnections)
                .withAllowedHosts(allowedHosts)
                .withAllowedOrigins(allowedOrigins)
                .withAccessLog(jsonOutput ? access -> err.println(line(access)) : DEFAULT.accessLog());
        ServerOptions guarded = OptionValues.with(asked, apiKey, ServerOptions::withApiKey);
        ServerOptions placed = OptionValues.with(guarded, backend.name(), ServerOptions::withBackend);
        ServerOptions typed = OptionValues.with(placed, weightType.narrowed(), ServerOptions::withWeightType);
        ServerOptions tasked = OptionValues.with(typed, task, ServerOptions::withTask);
        ServerOptions options = OptionValues.with(tasked, length.tokens(spec), ServerOptions::withMaxLength);
        CountDownLatch stopped = new CountDownLatch(1);
        InferenceServer server = InferenceServer.start(folders(), options);
        // What is asked already is answered before the process ends.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            stopped.countDown();
        }));
        err.println("detangle: computing with " + ThreadCount.chosen().text());
        server.models().forEach(line -> err.println("detangle: " + line));
        err.println("detangle: serving at http://" + host + ":" + server.port());
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private SequencedMap<String, Path> folders() {
        SequencedMap<String, Path> folders = new LinkedHashMap<>();
        List<String> ofEnvironment = models.isEmpty() ? OptionVariables.models(spec.commandLine()) : List.of();
        List<String> asked = ofEnvironment.isEmpty() ? models : ofEnvironment;
        if (asked.isEmpty()) {
            Path shipped = ShippedModel.folder();
            folders.put(shipped.getFileName().toString(), shipped);
        }
        for (String model : asked) {
            Path folder = ofEnvironment.isEmpty() ? ModelFolder.of(model) : folderOfEnvironment(model);
            // A model of the hub keeps its name; its folder is called by a commit.
            boolean local = folder.equals(Path.of(model));
            String name = local
                    ? folder.toAbsolutePath()
                            .normalize()
                            .getFileName()
                            .toString()
                            .replaceFirst("\\.dtl$", "")
                    : model;
            if (folders.put(name, folder) != null) {
                throw new CliException("two models are called " + name + ": serve them apart");
            }
        }
        return folders;
    }

    private static Path folderOfEnvironment(String model) {
        try {
            return ModelFolder.of(model);
        } catch (DetangleException e) {
            CliException named = new CliException(OptionVariables.MODEL + " of the environment: " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }
}
