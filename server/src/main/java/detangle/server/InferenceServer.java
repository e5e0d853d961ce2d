package detangle.server;

import detangle.ir.DetangleException;
import detangle.ir.OneLine;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.EmbeddingOptions;
import detangle.runtime.DetangleVersion;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Models behind HTTP: the routes of HuggingFace's inference API, of text-embeddings-inference, of OpenAI's API for
 * vectors, of the Open Inference Protocol and of Presidio's analyzer. A thread serves each connection. Texts that wait
 * run together in batches.
 *
 * <pre>{@code
 * try (InferenceServer server = InferenceServer.start(models, ServerOptions.DEFAULT)) {
 *     System.out.println(server.port());
 * }
 * }</pre>
 */
public final class InferenceServer implements AutoCloseable {

    /**
     * The number of bytes beyond the limit of a body that are read and dropped. If the server closes a connection while
     * its client still writes, the connection is reset, and the client may never see the reason. A client that sends
     * even more is cut off.
     */
    private static final long DROPPED_BODY_BYTES = 16L << 20;

    /**
     * The bytes of answers that a connection holds for a client that does not take them. By default the system lets
     * this grow to megabytes for each client, and a few hundred such clients would take the memory of the machine.
     */
    private static final int SEND_BUFFER = 256 << 10;

    private final List<ServedModel> models;
    private final Metrics metrics;
    private final Bodies bodies;
    private final Connections connections;
    private final Routes routes;
    private final WebServer web;

    private InferenceServer(ServerOptions options, List<ServedModel> models, Metrics metrics) {
        this.models = models;
        this.metrics = metrics;
        this.bodies = new Bodies(options, new Turns(options.deadline()));
        InetAddress address = address(options.host());
        this.connections = new Connections(options);
        Admission admission = new Admission(options.maxConcurrentRequests(), options.maxClientBatchSize());
        Models served = new Models(models);
        this.routes = new Routes(
                options,
                metrics,
                served,
                apis(options, served, admission),
                admission,
                bodies,
                new Sites(options, address));
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, this::refuse);
        }
        this.web = WebServer.builder()
                .address(address)
                .port(options.port())
                .maxPayloadSize(
                        Math.min(options.payloadLimit(), Long.MAX_VALUE - DROPPED_BODY_BYTES) + DROPPED_BODY_BYTES)
                .directHandlers(handlers.build())
                .errorHandling(ErrorHandling.builder().includeEntity(true).build())
                .protocolsDiscoverServices(false)
                .connectionOptions(socket -> socket.socketSendBufferSize(SEND_BUFFER))
                .addConnectionSelector(connections)
                .shutdownGracePeriod(options.grace())
                .shutdownHook(false)
                .routing(routes::add)
                .build();
    }

    private static Routes.Apis apis(ServerOptions options, Models served, Admission admission) {
        Sizes sizes = new Sizes(options.maxClientBatchSize(), admission);
        HuggingFaceApi huggingFace = new HuggingFaceApi(served, sizes);
        Turns turns = new Turns(options.deadline());
        String version = DetangleVersion.number();
        return new Routes.Apis(
                new EmbeddingsInferenceApi(served, huggingFace, options, sizes, turns, version),
                huggingFace,
                new OpenAiApi(served, sizes),
                new OpenInferenceApi(served, sizes, version),
                new PresidioApi(served, sizes));
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new ServerException("there is no address " + host + " to listen at");
        }
    }

    /**
     * Loads models, and starts a server that listens.
     *
     * @param models folders or artifacts by the names that requests use; the first one answers requests that name none
     * @throws ServerException if the server cannot listen at the address and port of the options
     * @throws DetangleException as loading a pipeline does
     */
    public static InferenceServer start(SequencedMap<String, Path> models, ServerOptions options) {
        if (models.isEmpty()) {
            throw new IllegalArgumentException("a server needs at least one model");
        }
        Metrics metrics = new Metrics();
        List<ServedModel> loaded = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> model : models.entrySet()) {
                loaded.add(
                        ServedModel.load(model.getKey(), model.getValue(), options, metrics.batches(model.getKey())));
            }
            if (!options.embedding().equals(EmbeddingOptions.DEFAULT)
                    && loaded.stream().noneMatch(m -> m.does("sentence-similarity"))) {
                throw new ServerException(
                        "a pooling, a prompt or a number of dimensions goes with a model that makes vectors, and none"
                                + " is served");
            }
            if (!options.scoring().equals(BertScoreOptions.DEFAULT)
                    && loaded.stream().noneMatch(m -> m.does("bertscore"))) {
                throw new ServerException(
                        "a layer to compare goes with a model that is served for bertscore, and none is");
            }
            InferenceServer server = new InferenceServer(options, List.copyOf(loaded), metrics);
            server.web.start();
            // Helidon only logs why it cannot listen.
            if (!server.web.isRunning()) {
                throw new ServerException("cannot listen at " + options.host() + ":" + options.port()
                        + ": the port is taken, or not allowed; choose another");
            }
            server.connections.start();
            return server;
        } catch (RuntimeException | Error e) {
            loaded.forEach(ServedModel::close);
            metrics.close();
            throw e;
        }
    }

    /** Returns a line for each model: its name, its first task, and the length of the texts that it takes. */
    public List<String> models() {
        return models.stream().map(ServedModel::line).toList();
    }

    /** Returns the paths of all routes with their methods. */
    SequencedMap<String, List<Method>> paths() {
        return routes.table().methods();
    }

    /** Returns the port at which the server listens; it is never 0. */
    public int port() {
        return web.port();
    }

    /** Answers a request that did not reach a route. */
    private DirectHandler.TransportResponse refuse(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType event,
            Status status,
            ServerResponseHeaders headers,
            String message) {
        String why;
        if (event == RequestBytes.REFUSED) {
            why = message;
        } else {
            why = status.code() == 413 ? bodies.tooLarge().getMessage() : HttpFaults.of(status, message);
        }
        Responses.prepare(headers);
        return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .header(HeaderValues.create(HeaderNames.CONTENT_TYPE, Responses.JSON))
                .keepAlive(false)
                .entity(Json.bytes(Responses.error(status.code() < 500 ? "Validation" : "Backend", OneLine.of(why))))
                .build();
    }

    /**
     * Stops taking requests, answers those that it has, for at most {@link ServerOptions#grace}, and frees the models.
     */
    @Override
    public void close() {
        routes.stop();
        web.stop();
        connections.close();
        models.forEach(ServedModel::close);
        metrics.close();
    }
}
