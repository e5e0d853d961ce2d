package detangle.server;

import ai.onnxruntime.OrtException;
import detangle.pipelines.task.EntityExtraction;
import detangle.pipelines.task.TextTasks;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The same models in ONNX Runtime, behind the same HTTP library: a request runs by itself, some at a time. */
final class OnnxRuntimeServer implements AutoCloseable {
    private final Map<String, PeerModel> models = new LinkedHashMap<>();
    private final WebServer web;

    /**
     * Begins to listen.
     *
     * @param folders of the models by their names; the first one answers {@code /predict}
     * @param scratch a folder for exports
     * @param threads of a run
     * @param atOnce runs at the same time
     */
    OnnxRuntimeServer(SequencedMap<String, Path> folders, Path scratch, int threads, int atOnce)
            throws OrtException, IOException {
        Semaphore runs = new Semaphore(atOnce, true);
        for (Map.Entry<String, Path> folder : folders.entrySet()) {
            Path file = scratch.resolve(folder.getKey() + "-" + threads + ".onnx");
            boolean extracts = TextTasks.of(folder.getValue()) instanceof EntityExtraction;
            models.put(
                    folder.getKey(),
                    extracts
                            ? new OnnxRuntimeEntities(folder.getValue(), file, threads, runs)
                            : new OnnxRuntimeModel(folder.getValue(), file, threads, runs));
        }
        PeerModel first = models.get(folders.firstEntry().getKey());
        this.web = WebServer.builder()
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .shutdownHook(false)
                .routing(routes -> routes.post(
                                "/predict",
                                (request, response) -> answer(
                                        request, response, body -> first.answer(Json.text(body, "inputs"), List.of())))
                        .post(
                                "/models/{name}",
                                (request, response) -> answer(
                                        request,
                                        response,
                                        body -> models.get(request.path()
                                                        .pathParameters()
                                                        .get("name"))
                                                .answer(Json.text(body, "inputs"), labels(body)))))
                .build()
                .start();
    }

    private static List<String> labels(JsonNode body) {
        return Stream.of("candidate_labels", "labels")
                .map(name -> body.at("/parameters/" + name))
                .filter(labels -> !Json.isAbsent(labels))
                .findFirst()
                .map(labels -> Json.texts(labels, "labels"))
                .orElse(List.of());
    }

    private static void answer(ServerRequest request, ServerResponse response, Function<JsonNode, Object> answerer) {
        JsonNode body = Json.object(request.content().as(byte[].class));
        response.header("Content-Type", "application/json").send(Json.bytes(answerer.apply(body)));
    }

    int port() {
        return web.port();
    }

    @Override
    public void close() throws OrtException {
        web.stop();
        for (PeerModel model : models.values()) {
            model.close();
        }
    }
}
