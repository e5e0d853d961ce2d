package detangle.server;

import detangle.ir.DeviceException;
import detangle.ir.InvalidInputException;
import detangle.ir.InvalidModelException;
import detangle.models.text.TokenizerException;
import detangle.pipelines.Deadline;
import detangle.pipelines.DeadlineException;
import detangle.pipelines.OverloadedException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Answers requests by their routes. */
final class Routes {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceServer.class);
    private static final String INFER = "/v2/models/{name:.+}/infer";
    private static final HeaderName JSON_LENGTH = HeaderNames.create(BinaryTensors.JSON_LENGTH);
    private static final Page PAGE = Page.read();
    private static final byte[] DESCRIPTION = OpenApi.document();

    private final ServerOptions options;
    private final Metrics metrics;
    private final Models models;
    private final Apis apis;
    private final Admission admission;
    private final Bodies bodies;
    private final Sites sites;
    private volatile boolean stopping;

    /** The protocols of the server. */
    record Apis(
            EmbeddingsInferenceApi embeddingsInference,
            HuggingFaceApi huggingFace,
            OpenAiApi openAi,
            OpenInferenceApi openInference,
            PresidioApi presidio) {}

    Routes(
            ServerOptions options,
            Metrics metrics,
            Models models,
            Apis apis,
            Admission admission,
            Bodies bodies,
            Sites sites) {
        this.options = options;
        this.metrics = metrics;
        this.models = models;
        this.apis = apis;
        this.admission = admission;
        this.bodies = bodies;
        this.sites = sites;
    }

    /** Lets requests fail from now on with the message that the server is being stopped. */
    void stop() {
        stopping = true;
    }

    void add(HttpRouting.Builder routes) {
        routes.addFilter((chain, request, response) -> {
            chain.proceed();
            closeIfAsked(request, response);
        });
        routes.addFilter((chain, request, response) -> {
            Optional<String> origin;
            try {
                origin = sites.check(request.headers());
            } catch (ApiException refused) {
                // This filter answers, because the filter before it would not see the router's answer.
                fail(request, response, refused);
                return;
            }
            if (origin.isPresent()) {
                CrossOrigin.share(response, origin.get());
            }
            chain.proceed();
        });
        RouteTable table = table();
        table.addTo(routes);
        routes.error(Throwable.class, this::fail);
    }

    /** Returns all routes. The first path that matches a request decides which methods it may have. */
    RouteTable table() {
        RouteTable routes = new RouteTable();
        routes.read("/", PAGE::send);
        routes.read(
                "/openapi.json",
                (request, response) -> Responses.send(request, response, 200, Responses.JSON, DESCRIPTION));
        routes.read("/health", (request, response) -> {
            Responses.prepare(response.headers());
            response.send();
        });
        routes.read("/metrics", (request, response) -> {
            authorize(request);
            Responses.send(
                    request,
                    response,
                    200,
                    "text/plain; version=0.0.4; charset=utf-8",
                    metrics.text().getBytes(StandardCharsets.UTF_8));
        });
        EmbeddingsInferenceApi embeddings = apis.embeddingsInference;
        get(routes, "/info", request -> embeddings.info());
        post(routes, "/", embeddings::whatTheModelDoes);
        post(routes, "/predict", embeddings::predict);
        post(routes, "/rerank", embeddings::rerank);
        post(routes, "/embed", embeddings::embed);
        post(routes, "/embed_all", embeddings::embedAll);
        post(routes, "/similarity", embeddings::similarity);
        post(routes, "/tokenize", embeddings::tokenize);
        post(routes, "/decode", embeddings::decode);

        get(routes, "/models", request -> apis.huggingFace.models());
        // Names of models may have slashes, so the name is everything between the beginning and the end of the path.
        post(
                routes,
                "/models/{name:.+}/pipeline/{task}",
                (request, body) -> apis.huggingFace.answer(
                        name(request), request.path().pathParameters().get("task"), body));
        post(routes, "/models/{name:.+}", (request, body) -> apis.huggingFace.answer(name(request), body));
        get(routes, "/models/{name:.+}", request -> apis.huggingFace.model(name(request)));

        post(routes, "/v1/embeddings", apis.openAi::embeddings);
        get(routes, "/v1/models", request -> apis.openAi.models());
        get(routes, "/v1/models/{name:.+}", request -> apis.openAi.model(name(request)));

        post(routes, "/analyze", apis.presidio::analyze);
        get(routes, "/supportedentities", request -> apis.presidio.supportedEntities());

        routes.read("/v2/health/live", (request, response) -> {
            Responses.json(request, response, 200, Json.of("live", true));
        });
        routes.read("/v2/health/ready", (request, response) -> {
            Responses.json(request, response, 200, Json.of("ready", true));
        });
        OpenInferenceApi openInference = apis.openInference;
        get(routes, "/v2", request -> openInference.server());
        get(routes, "/v2/models/{name:.+}/ready", request -> openInference.ready(name(request)));
        routes.post(INFER, (request, response) -> answer(request, response, INFER, () -> infer(request)));
        get(routes, "/v2/models/{name:.+}", request -> openInference.metadata(name(request)));
        return routes;
    }

    private static void closeIfAsked(ServerRequest request, ServerResponse response) {
        // Helidon announces that it closes the connection, and leaves closing to the client.
        if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
                || response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            if (!request.content().consumed() && !request.headers().containsToken(HeaderValues.EXPECT_100)) {
                request.content().consume();
            }
            throw new CloseConnectionException("as the client asked, or the server said");
        }
    }

    private static String name(ServerRequest request) {
        return request.path().pathParameters().get("name");
    }

    private Object infer(ServerRequest request) {
        Optional<String> length = request.headers().first(JSON_LENGTH);
        if (length.isEmpty()) {
            Bodies.requireJson(request.headers(), true);
        }
        return read(request, body -> apis.openInference.infer(name(request), body, length));
    }

    private void get(RouteTable routes, String path, Function<ServerRequest, Object> answerer) {
        routes.read(
                path,
                (request, response) ->
                        answer(request, response, path, () -> admission.admit(() -> answerer.apply(request))));
    }

    private void post(RouteTable routes, String path, Function<JsonNode, Object> answerer) {
        post(routes, path, (request, body) -> answerer.apply(body));
    }

    private void post(RouteTable routes, String path, BiFunction<ServerRequest, JsonNode, Object> answerer) {
        routes.post(
                path,
                (request, response) -> answer(request, response, path, () -> {
                    Bodies.requireJson(request.headers(), false);
                    return read(request, body -> answerer.apply(request, body.parse(Json::object)));
                }));
    }

    private Object read(ServerRequest request, Function<Bodies.Body, Object> answerer) {
        admission.check();
        return bodies.read(request, body -> admission.admit(() -> answerer.apply(body)));
    }

    private void answer(ServerRequest request, ServerResponse response, String route, Supplier<Object> answerer) {
        Instant time = Instant.now();
        long begin = System.nanoTime();
        int status = 500;
        try {
            authorize(request);
            Object answer = Deadline.within(options.deadline(), answerer);
            status = 200;
            tell(request, route, status, time, begin);
            send(request, response, answer);
        } catch (Throwable e) {
            if (status == 200) {
                throw e;
            }
            // An exception that is thrown again from here is a known one, so each failure is logged once.
            RuntimeException known = e instanceof RuntimeException own && isOfHttp(own) ? own : known(e);
            tell(request, route, status(known), time, begin);
            throw known;
        }
    }

    /** Returns whether the HTTP library knows what to answer. */
    private static boolean isOfHttp(RuntimeException e) {
        return e instanceof HttpException || e instanceof RequestException || e instanceof CloseConnectionException;
    }

    private static int status(RuntimeException e) {
        return switch (e) {
            case HttpException http -> http.status().code();
            case RequestException refused -> refused.status().code();
            case ApiException api -> api.status();
            // The client has closed the connection.
            default -> 499;
        };
    }

    private void tell(ServerRequest request, String route, int status, Instant time, long begin) {
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        metrics.request(route, AskedModel.take(), status, took);
        options.accessLog()
                .accept(new Access(
                        time, request.prologue().method().text(), request.path().path(), status, took));
    }

    private static void send(ServerRequest request, ServerResponse response, Object answer) {
        if (answer instanceof byte[] json) {
            Responses.send(request, response, 200, Responses.JSON, json);
            return;
        }
        if (!(answer instanceof OpenInferenceApi.Answer(var json, var tensors))) {
            Responses.json(request, response, 200, answer);
            return;
        }
        if (tensors.length == 0) {
            Responses.json(request, response, 200, json);
            return;
        }
        byte[] head = Json.bytes(json);
        response.header(JSON_LENGTH, Integer.toString(head.length));
        byte[] both = ByteBuffer.allocate(head.length + tensors.length)
                .put(head)
                .put(tensors)
                .array();
        Responses.send(request, response, 200, "application/octet-stream", both);
    }

    /** Answers a request that has failed, whatever the reason. */
    private void fail(ServerRequest request, ServerResponse response, Throwable e) {
        if (e instanceof HttpException http) {
            String message = HttpFaults.of(http.status(), http.getMessage());
            sendError(request, response, http.status().code(), "Validation", message);
            return;
        }
        ApiException known = known(e);
        sendError(request, response, known.status(), known.type(), known.getMessage());
    }

    /** Sends an error in the form of the protocol that the route is of. */
    private static void sendError(
            ServerRequest request, ServerResponse response, int status, String type, String message) {
        Object body = request.path().path().startsWith("/v1/")
                ? OpenAiApi.error(status, message)
                : Responses.error(type, message);
        Responses.error(request, response, status, body);
    }

    private ApiException known(Throwable e) {
        return switch (e) {
            case ApiException api -> api;
            case TokenizerException text -> ApiException.validation(models.withoutPaths(text.getMessage()));
            case InvalidInputException refused -> ApiException.validation(models.withoutPaths(refused.getMessage()));
            case InvalidModelException broken -> ApiException.broken(models.withoutPaths(broken.getMessage()));
            case OverloadedException full -> ApiException.overloaded(full.getMessage());
            case DeadlineException late ->
                stopping ? ApiException.stopping() : ApiException.deadline(late.getMessage());
            case DeviceException failed -> ApiException.broken(failed.getMessage());
            case OutOfMemoryError memory -> ApiException.outOfMemory();
            default -> {
                if (stopping) {
                    yield ApiException.stopping();
                }
                if (e.getCause() instanceof OutOfMemoryError) {
                    yield ApiException.outOfMemory();
                }
                // The message of an unexpected exception might hold a text of the request, so it is not logged.
                LOG.atError()
                        .setCause(e)
                        .log(
                                "a request has failed: {} at {}",
                                e.getClass().getName(),
                                Stream.of(e.getStackTrace())
                                        .findFirst()
                                        .map(String::valueOf)
                                        .orElse("an unknown place"));
                yield ApiException.broken("internal error");
            }
        };
    }

    private void authorize(ServerRequest request) {
        if (options.apiKey().isEmpty()) {
            return;
        }
        String given = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        // The time of this comparison does not depend on how much of the key is right.
        if (!MessageDigest.isEqual(
                ("Bearer " + options.apiKey().get()).getBytes(StandardCharsets.UTF_8),
                given.getBytes(StandardCharsets.UTF_8))) {
            throw ApiException.unauthorized();
        }
    }
}
