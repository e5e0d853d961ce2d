package detangle.server;

import detangle.pipelines.Classification;
import detangle.server.ServedModel.Text;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * The Open Inference Protocol, version 2 (KServe, Triton, MLServer): tensors of texts in, tensors of labels and scores or of vectors out.
 */
final class OpenInferenceApi {
    private static final String TEXT = "text";
    private static final String PAIR = "text_pair";
    private static final String VERSION = "/versions/1";

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
        return Json.of("name", "detangle", "version", version, "extensions", List.of("binary_tensor_data"));
    }

    /** {@code GET /v2/models/NAME}. */
    Object metadata(String name) {
        ServedModel model = model(name);
        List<Object> outputs = model.task() == ServedModel.Task.EMBEDDING
                ? List.of(tensor("embedding", "FP32", -1, model.dimension()))
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

    private ServedModel model(String path) {
        // All have one version, which may be named or not.
        String name = path.endsWith(VERSION) ? path.substring(0, path.length() - VERSION.length()) : path;
        return models.stream()
                .filter(m -> m.name().equals(name))
                .findFirst()
                .orElseThrow(() -> ApiException.notFound("there is no model " + name + "; there are "
                        + String.join(
                                ", ", models.stream().map(ServedModel::name).toList())));
    }

    /** A tensor of an answer. */
    private record Output(String name, String type, List<?> data, int... shape) {}

    /**
     * What is sent back.
     *
     * @param tensors what follows the JSON; empty if nothing does
     */
    record Answer(Map<String, Object> json, byte[] tensors) {}

    /**
     * {@code POST /v2/models/NAME/infer}.
     *
     * @param jsonLength the header of the binary extension, where it was sent
     */
    Answer infer(String name, byte[] body, Optional<String> jsonLength) {
        ServedModel model = model(name);
        int length = jsonLength.map(l -> BinaryTensors.jsonLength(l, body)).orElse(body.length);
        JsonNode request = Json.object(Arrays.copyOf(body, length));
        Map<String, List<String>> inputs = inputs(request, new BinaryTensors(body, length));
        List<String> texts = Optional.ofNullable(inputs.get(TEXT))
                .orElseThrow(() -> ApiException.validation("inputs has no tensor '" + TEXT + "'"));
        Optional<List<String>> pairs = Optional.ofNullable(inputs.get(PAIR));
        if (pairs.filter(p -> p.size() != texts.size()).isPresent()) {
            throw ApiException.validation(TEXT + " and " + PAIR + " differ in length");
        }
        if (texts.isEmpty() || texts.size() > options.maxClientBatchSize()) {
            throw ApiException.tooLarge("the request has " + texts.size() + " texts; 1 to "
                    + options.maxClientBatchSize() + " may come at once");
        }
        List<Output> outputs = model.task() == ServedModel.Task.EMBEDDING
                ? List.of(embed(model, texts))
                : classify(model, texts, pairs);
        Map<String, Object> answer = Json.of("model_name", model.name(), "model_version", "1");
        if (request.path("id").isString()) {
            answer.put("id", request.path("id").stringValue());
        }
        return answer(answer, wanted(request, outputs), request);
    }

    private Output embed(ServedModel model, List<String> texts) {
        List<Float> values = new ArrayList<>();
        for (float[] vector :
                model.embed(texts, false, options.autoTruncate(), Optional.empty(), OptionalInt.empty())) {
            for (float value : vector) {
                values.add(value);
            }
        }
        return new Output("embedding", "FP32", values, texts.size(), model.dimension());
    }

    private List<Output> classify(ServedModel model, List<String> texts, Optional<List<String>> pairs) {
        List<Text> inputs = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int place = i;
            inputs.add(new Text(texts.get(i), pairs.map(p -> p.get(place))));
        }
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
        return List.of(
                new Output("label", "BYTES", best, best.size()),
                new Output("score", "FP32", score, score.size()),
                new Output("scores", "FP32", scores, best.size(), labels.size()));
    }

    /** The outputs that a request names, or all. */
    private static List<Output> wanted(JsonNode request, List<Output> outputs) {
        List<Output> wanted = new ArrayList<>();
        for (JsonNode asked : request.path("outputs")) {
            String name = asked.path("name").asString("");
            wanted.add(outputs.stream()
                    .filter(o -> o.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.validation("there is no output " + name + "; there are "
                            + String.join(
                                    ", ", outputs.stream().map(Output::name).toList()))));
        }
        return wanted.isEmpty() ? outputs : wanted;
    }

    private static Answer answer(Map<String, Object> json, List<Output> outputs, JsonNode request) {
        boolean all = request.path("parameters").path("binary_data_output").asBoolean(false);
        ByteArrayOutputStream tensors = new ByteArrayOutputStream();
        List<Object> written = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            Output output = outputs.get(i);
            Map<String, Object> tensor = tensor(output.name, output.type, output.shape);
            if (request.path("outputs")
                    .path(i)
                    .path("parameters")
                    .path("binary_data")
                    .asBoolean(all)) {
                byte[] bytes = BinaryTensors.of(output.data);
                tensors.writeBytes(bytes);
                tensor.put("parameters", Json.of("binary_data_size", bytes.length));
            } else {
                tensor.put("data", output.data);
            }
            written.add(tensor);
        }
        json.put("outputs", written);
        return new Answer(json, tensors.toByteArray());
    }

    private static Map<String, List<String>> inputs(JsonNode request, BinaryTensors binary) {
        Map<String, List<String>> inputs = new HashMap<>();
        for (JsonNode input : request.path("inputs")) {
            String name = input.path("name").asString("");
            if (!List.of(TEXT, PAIR).contains(name)) {
                throw ApiException.validation("there is no input " + name + "; there are " + TEXT + " and " + PAIR);
            }
            if (!input.path("datatype").asString("").equals("BYTES")) {
                throw ApiException.validation(name + " is of type BYTES");
            }
            JsonNode size = input.path("parameters").path("binary_data_size");
            List<String> texts =
                    size.isInt() ? binary.texts(name, size.intValue()) : Json.texts(input.path("data"), name + ".data");
            JsonNode shape = input.path("shape");
            boolean column = shape.size() == 2 && shape.get(1).asInt(-1) == 1;
            if (shape.size() != 1 && !column || shape.get(0).asInt(-1) != texts.size()) {
                throw ApiException.validation(name + " has the shape [" + texts.size() + "]");
            }
            inputs.put(name, texts);
        }
        binary.requireEnd();
        return inputs;
    }
}
