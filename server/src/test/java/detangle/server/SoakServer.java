package detangle.server;

import detangle.testing.SoakSample;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The process that {@link SoakTest} watches: two servers of the models {@code NAME=FOLDER}, of which one has a deadline
 * that is hardly ever met. It tells the port of each on a line. Each line on the standard input is answered by a line:
 * {@code sample} tells what the process holds, and a list of requests in JSON is answered by models that are loaded
 * anew, and closed. The process ends with its input.
 */
final class SoakServer {
    /** The process has little of the processors beside other work, and answers all the same. */
    private static final Duration DEADLINE = Duration.ofMinutes(5);

    private static final Duration HASTY = Duration.ofMillis(1);

    /** Clients have as little of the processors. */
    private static final Duration CLIENT_TIMEOUT = Duration.ofMinutes(1);

    private SoakServer() {}

    public static void main(String[] arguments) throws Exception {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        for (String model : arguments) {
            models.put(model.substring(0, model.indexOf('=')), Path.of(model.substring(model.indexOf('=') + 1)));
        }
        ServerOptions options =
                ServerOptions.DEFAULT.withPort(0).withDeadline(DEADLINE).withClientTimeout(CLIENT_TIMEOUT);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (InferenceServer server = InferenceServer.start(models, options);
                InferenceServer hasty = InferenceServer.start(models, options.withDeadline(HASTY))) {
            System.out.println(server.port());
            System.out.println(hasty.port());
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                System.out.println(
                        line.equals("sample") ? SoakSample.ofThisProcess().text() : reload(models, options, line));
            }
        }
    }

    /** Answers requests, each of which has the fields {@code model} and {@code body}, by models that are loaded anew. */
    private static String reload(SequencedMap<String, Path> models, ServerOptions options, String requests)
            throws Exception {
        List<ServedModel> loaded = new ArrayList<>();
        try {
            models.forEach((name, folder) -> loaded.add(ServedModel.load(name, folder, options, report -> {})));
            Admission admission = new Admission(options.maxConcurrentRequests(), options.maxClientBatchSize());
            HuggingFaceApi api =
                    new HuggingFaceApi(new Models(loaded), new Sizes(options.maxClientBatchSize(), admission));
            List<Object> answers = new ArrayList<>();
            for (JsonNode request : JsonMapper.shared().readTree(requests)) {
                answers.add(
                        admission.admit(() -> api.answer(request.get("model").stringValue(), request.get("body"))));
            }
            return new String(Json.bytes(answers), StandardCharsets.UTF_8);
        } finally {
            loaded.forEach(ServedModel::close);
        }
    }
}
