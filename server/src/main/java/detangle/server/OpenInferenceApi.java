package detangle.server;

import detangle.pipelines.Classification;
import detangle.server.ServedModel.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The Open Inference Protocol, version 2 (KServe, Triton, MLServer): tensors of texts in, tensors of labels and scores or of vectors out.
 */
final class OpenInferenceApi {
    private static final String TEXT = "text";
    private static final String PAIR = "text_pair";

    private final List<ServedModel> models;
    private final ServerOptions options;
    private final String version;

    OpenInferenceApi(List<ServedModel> models, ServerOptions options, String version) {
        this.models = models;
        this.options = options;
        this.version = version;
    }

    /** {@code GET /v2}. */
    Object server() {
        return Json.of("name", "detangle", "version", version, "extensions", List.of());
    }

    /** {@code GET /v2/models/NAME}. */
    Object metadata(String name) {
        ServedModel model = model(name);
        List<Object> outputs = model.task() == ServedModel.Task.EMBEDDING
                ? List.of(tensor("embedding", "FP32", -1, model.config().hiddenSize()))
                : List.of(
                        tensor("label", "BYTES", -1),
                        tensor("score", "FP32", -1),
                        tensor("scores", "FP32", -1, model.config().numLabels()));
        return Json.of(
                "name", model.name(),
                "versions", List.of("1"),
                "platform", "detangle",
                "inputs", List.of(tensor(TEXT, "BYTES", -1), tensor(PAIR, "BYTES", -1)),
                "outputs", outputs);
    }

    private static Map<String, Object> tensor(String name, String type, int... shape) {
        return Json.of("name", name, "datatype", type, "shape", shape);
    }

    /** {@code GET /v2/models/NAME/ready}. */
    Object ready(String name) {
        return Json.of("name", model(name).name(), "ready", true);
    }

    private ServedModel model(String name) {
        return models.stream()
                .filter(m -> m.name().equals(name))
                .findFirst()
                .orElseThrow(() -> ApiException.notFound("there is no model " + name + "; there are "
                        + String.join(
                                ", ", models.stream().map(ServedModel::name).toList())));
    }

    /** {@code POST /v2/models/NAME/infer}. */
    Object infer(String name, JsonNode request) {
        ServedModel model = model(name);
        List<String> texts =
                input(request, TEXT).orElseThrow(() -> ApiException.validation("inputs has no tensor '" + TEXT + "'"));
        Optional<List<String>> pairs = input(request, PAIR);
        if (pairs.filter(p -> p.size() != texts.size()).isPresent()) {
            throw ApiException.validation(TEXT + " and " + PAIR + " differ in length");
        }
        if (texts.isEmpty() || texts.size() > options.maxClientBatchSize()) {
            throw ApiException.tooLarge("the request has " + texts.size() + " texts; 1 to "
                    + options.maxClientBatchSize() + " may come at once");
        }
        List<Object> outputs = new ArrayList<>();
        if (model.task() == ServedModel.Task.EMBEDDING) {
            List<Float> values = new ArrayList<>();
            for (float[] vector : model.embed(texts, false, options.autoTruncate())) {
                for (float value : vector) {
                    values.add(value);
                }
            }
            outputs.add(output(
                    "embedding", "FP32", values, texts.size(), model.config().hiddenSize()));
        } else {
            List<Text> inputs = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                int place = i;
                inputs.add(new Text(texts.get(i), pairs.map(p -> p.get(place))));
            }
            classify(model, inputs, outputs);
        }
        Map<String, Object> answer = Json.of("model_name", model.name(), "model_version", "1", "outputs", outputs);
        if (request.path("id").isString()) {
            answer.put("id", request.path("id").stringValue());
        }
        return answer;
    }

    private void classify(ServedModel model, List<Text> inputs, List<Object> outputs) {
        List<String> best = new ArrayList<>();
        List<Float> score = new ArrayList<>();
        List<Float> scores = new ArrayList<>();
        List<String> labels = model.config().labels();
        for (List<Classification> ranked : model.predict(inputs, false, options.autoTruncate())) {
            best.add(ranked.getFirst().label());
            score.add((float) ranked.getFirst().score());
            for (String label : labels) {
                ranked.stream().filter(c -> c.label().equals(label)).forEach(c -> scores.add((float) c.score()));
            }
        }
        outputs.add(output("label", "BYTES", best, best.size()));
        outputs.add(output("score", "FP32", score, score.size()));
        outputs.add(output("scores", "FP32", scores, best.size(), labels.size()));
    }

    private static Map<String, Object> output(String name, String type, List<?> data, int... shape) {
        Map<String, Object> output = tensor(name, type, shape);
        output.put("data", data);
        return output;
    }

    private static Optional<List<String>> input(JsonNode request, String name) {
        for (JsonNode input : request.path("inputs")) {
            if (input.path("name").asString("").equals(name)) {
                if (!input.path("datatype").asString("").equals("BYTES")) {
                    throw ApiException.validation(name + " is of type BYTES");
                }
                List<String> texts = Json.texts(input.path("data"), name + ".data");
                JsonNode shape = input.path("shape");
                if (shape.size() != 1 || shape.get(0).asInt(-1) != texts.size()) {
                    throw ApiException.validation(name + " has the shape [" + texts.size() + "]");
                }
                return Optional.of(texts);
            }
        }
        return Optional.empty();
    }
}
