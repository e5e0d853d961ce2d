package detangle.server;

import detangle.ir.DeviceException;
import detangle.ir.InvalidInputException;
import detangle.ir.InvalidModelException;
import detangle.pipelines.DeadlineException;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.OverloadedException;
import detangle.runtime.DetangleVersion;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Models behind HTTP: the routes of text-embeddings-inference and of the Open Inference Protocol. Requests are read and answered by
 * virtual threads; what they ask runs in batches of all that waits.
 *
 * <pre>{@code
 * try (InferenceServer server = InferenceServer.start(models, ServerOptions.DEFAULT)) {
 *     System.out.println(server.port());
 * }
 * }</pre>
 */
public final class InferenceServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceServer.class);
    private static final String JSON = "application/json";
    private static final String INFER = "/v2/models/{name:.+}/infer";
    private static final HeaderName JSON_LENGTH = HeaderNames.create(BinaryTensors.JSON_LENGTH);

    /**
     * Bytes behind the limit of a body that are read and dropped. A connection closed while its client still writes is reset, and the
     * client may never see why; who sends more than that is cut off.
     */
    private static final long DROPPED = 16L << 20;

    private final ServerOptions options;
    private final List<ServedModel> models;
    private final Metrics metrics;
    private final EmbeddingsInferenceApi embeddingsInference;
    private final OpenInferenceApi openInference;
    private final WebServer web;

    private InferenceServer(ServerOptions options, List<ServedModel> models, Metrics metrics) {
        this.options = options;
        this.models = models;
        this.metrics = metrics;
        this.embeddingsInference = new EmbeddingsInferenceApi(models, options, DetangleVersion.number());
        this.openInference = new OpenInferenceApi(models, options, DetangleVersion.number());
        this.web = WebServer.builder()
                .address(address(options.host()))
                .port(options.port())
                .maxPayloadSize(options.payloadLimit() + DROPPED)
                .directHandlers(DirectHandlers.builder()
                        .addHandler(DirectHandler.EventType.BAD_REQUEST, this::refuse)
                        .build())
                .shutdownGracePeriod(options.grace())
                .shutdownHook(false)
                .routing(this::routes)
                .build();
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new ServerException("there is no address " + host + " to listen at");
        }
    }

    /**
     * Loads models and begins to listen.
     *
     * @param models folders or artifacts by the names that requests use; the first one is asked where a request names none
     * @throws ServerException if it cannot listen
     * @throws RuntimeException as loading a pipeline does
     */
    public static InferenceServer start(SequencedMap<String, Path> models, ServerOptions options) {
        if (models.isEmpty()) {
            throw new IllegalArgumentException("a server has at least one model");
        }
        Metrics metrics = new Metrics();
        List<ServedModel> loaded = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> model : models.entrySet()) {
                loaded.add(ServedModel.load(model.getKey(), model.getValue(), options, metrics::batch));
            }
            if (!options.embedding().equals(EmbeddingOptions.DEFAULT)
                    && loaded.stream().noneMatch(m -> m.task() == ServedModel.Task.EMBEDDING)) {
                throw new ServerException(
                        "a pooling, a prompt or a number of dimensions goes with a model that makes vectors, and none"
                                + " is served");
            }
            InferenceServer server = new InferenceServer(options, List.copyOf(loaded), metrics);
            server.web.start();
            // Helidon only logs why it could not.
            if (!server.web.isRunning()) {
                throw new ServerException("cannot listen at " + options.host() + ":" + options.port()
                        + ": the port is taken, or not allowed; choose another");
            }
            return server;
        } catch (RuntimeException | Error e) {
            loaded.forEach(ServedModel::close);
            metrics.close();
            throw e;
        }
    }

    /** The port that it listens at. */
    public int port() {
        return web.port();
    }

    private void routes(HttpRouting.Builder routes) {
        // Helidon says that it closes the connection, and leaves that to the client.
        routes.addFilter((chain, request, response) -> {
            chain.proceed();
            if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
                if (!request.content().consumed() && !request.headers().containsToken(HeaderValues.EXPECT_100)) {
                    request.content().consume();
                }
                throw new CloseConnectionException("as the client asked");
            }
        });
        routes.get("/", (request, response) -> resource(response, "index.html", "text/html; charset=utf-8"));
        routes.get("/openapi.json", (request, response) -> resource(response, "openapi.json", JSON));
        routes.get("/health", (request, response) -> response.send());
        routes.get("/metrics", (request, response) -> {
            authorize(request);
            response.header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                    .send(metrics.text().getBytes(StandardCharsets.UTF_8));
        });
        get(routes, "/info", request -> embeddingsInference.info());
        post(routes, "/", (request, body) -> embeddingsInference.whatTheModelDoes(body));
        post(routes, "/predict", (request, body) -> embeddingsInference.predict(body));
        post(routes, "/rerank", (request, body) -> embeddingsInference.rerank(body));
        post(routes, "/embed", (request, body) -> embeddingsInference.embed(body));
        post(routes, "/tokenize", (request, body) -> embeddingsInference.tokenize(body));

        routes.get("/v2/health/live", (request, response) -> send(response, 200, Json.of("live", true)));
        routes.get("/v2/health/ready", (request, response) -> send(response, 200, Json.of("ready", true)));
        get(routes, "/v2", request -> openInference.server());
        // Names of models may have slashes: what stands between the ends is the name.
        get(routes, "/v2/models/{name:.+}/ready", request -> openInference.ready(name(request)));
        routes.post(
                INFER,
                (request, response) -> answer(
                        request,
                        response,
                        INFER,
                        () -> openInference.infer(
                                name(request), body(request), request.headers().first(JSON_LENGTH))));
        get(routes, "/v2/models/{name:.+}", request -> openInference.metadata(name(request)));
        routes.any((request, response) -> {
            throw ApiException.notFound("there is no route " + request.path().path() + ": see /openapi.json");
        });
        routes.error(
                ApiException.class,
                (request, response, e) -> send(response, e.status(), error(e.getMessage(), e.type())));
        routes.error(
                HttpException.class,
                (request, response, e) ->
                        send(response, e.status().code(), error(String.valueOf(e.getMessage()), "Validation")));
        routes.error(RuntimeException.class, (request, response, e) -> {
            LOG.atError().setCause(e).addKeyValue("path", request.path().path()).log("a request has failed");
            send(response, 500, error("internal error", "Backend"));
        });
    }

    private static String name(ServerRequest request) {
        return request.path().pathParameters().get("name");
    }

    @FunctionalInterface
    private interface Answerer {
        Object answer(ServerRequest request, JsonNode body);
    }

    private void get(HttpRouting.Builder routes, String path, Function<ServerRequest, Object> answerer) {
        routes.get(path, (request, response) -> answer(request, response, path, () -> answerer.apply(request)));
    }

    private void post(HttpRouting.Builder routes, String path, Answerer answerer) {
        routes.post(
                path,
                (request, response) ->
                        answer(request, response, path, () -> answerer.answer(request, Json.object(body(request)))));
    }

    private byte[] body(ServerRequest request) {
        // More than an array holds is too much in any case.
        int limit = (int) Math.min(options.payloadLimit(), Integer.MAX_VALUE - 16);
        if (request.headers().contentLength().orElse(0) > limit) {
            throw tooLarge();
        }
        try {
            byte[] body = request.content().inputStream().readNBytes(limit + 1);
            if (body.length > limit) {
                throw tooLarge();
            }
            return body;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ApiException tooLarge() {
        return ApiException.tooLarge(
                "the body has more than the " + options.payloadLimit() + " bytes that are allowed");
    }

    /** Answers what never reached a route. */
    private DirectHandler.TransportResponse refuse(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType event,
            Status status,
            ServerResponseHeaders headers,
            String message) {
        // Helidon keeps some reasons to itself.
        String why = status.code() == 413
                ? tooLarge().getMessage()
                : Objects.requireNonNullElse(message, status.reasonPhrase());
        return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .header(HeaderValues.create(HeaderNames.CONTENT_TYPE, JSON))
                .keepAlive(false)
                .entity(Json.bytes(error(why, "Validation")))
                .build();
    }

    private void answer(ServerRequest request, ServerResponse response, String route, Supplier<Object> answerer) {
        Instant time = Instant.now();
        long begin = System.nanoTime();
        int status = 500;
        byte[] bytes;
        try {
            authorize(request);
            bytes = bytes(answerer.get(), response);
            status = 200;
        } catch (RuntimeException e) {
            RuntimeException known = known(e);
            status = known instanceof ApiException api
                    ? api.status()
                    : known instanceof HttpException http ? http.status().code() : 500;
            throw known;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            metrics.request(route, status, took);
            options.accessLog()
                    .accept(new Access(
                            time,
                            request.prologue().method().text(),
                            request.path().path(),
                            status,
                            took));
        }
        response.send(bytes);
    }

    /** The body of an answer, whose headers it sets. */
    private static byte[] bytes(Object answer, ServerResponse response) {
        if (!(answer instanceof OpenInferenceApi.Answer(var json, var tensors))) {
            response.header("Content-Type", JSON);
            return Json.bytes(answer);
        }
        byte[] head = Json.bytes(json);
        if (tensors.length == 0) {
            response.header("Content-Type", JSON);
            return head;
        }
        response.header("Content-Type", "application/octet-stream").header(JSON_LENGTH, Integer.toString(head.length));
        return ByteBuffer.allocate(head.length + tensors.length)
                .put(head)
                .put(tensors)
                .array();
    }

    private static RuntimeException known(RuntimeException e) {
        return switch (e) {
            case InvalidInputException refused -> ApiException.validation(refused.getMessage());
            case InvalidModelException broken -> ApiException.broken(broken.getMessage());
            case OverloadedException full -> ApiException.overloaded(full.getMessage());
            case DeadlineException late -> ApiException.deadline(late.getMessage());
            case DeviceException failed -> ApiException.broken(failed.getMessage());
            default -> e;
        };
    }

    private void authorize(ServerRequest request) {
        if (options.apiKey().isEmpty()) {
            return;
        }
        String given = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        // In a time that does not tell how much of it is right.
        if (!MessageDigest.isEqual(
                ("Bearer " + options.apiKey().get()).getBytes(StandardCharsets.UTF_8),
                given.getBytes(StandardCharsets.UTF_8))) {
            throw ApiException.unauthorized();
        }
    }

    private static Map<String, Object> error(String message, String type) {
        return Json.of("error", message, "error_type", type);
    }

    private static void send(ServerResponse response, int status, Object body) {
        response.status(Status.create(status)).header("Content-Type", JSON).send(Json.bytes(body));
    }

    private static void resource(ServerResponse response, String name, String type) {
        try (InputStream in = InferenceServer.class.getResourceAsStream(name)) {
            response.header("Content-Type", type).send(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes no more requests, answers those that it has, and frees the models. */
    @Override
    public void close() {
        web.stop();
        models.forEach(ServedModel::close);
        metrics.close();
    }
}
