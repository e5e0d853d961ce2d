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
    private static final String BINARY_OUTPUT = "binary_data_output";
    private static final String BINARY_SIZE = "binary_data_size";

    /** Names of outputs in a request, of which no model has more than three. */
    private static final int MAX_OUTPUTS = 16;

    private final List<ServedModel> models;
    private final ServerOptions options;
    private final Admission admission;
    private final String version;

    OpenInferenceApi(List<ServedModel> models, ServerOptions options, Admission admission, String version) {
        this.models = models;
        this.options = options;
        this.admission = admission;
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
    Answer infer(String name, Bodies.Body body, Optional<String> jsonLength) {
        ServedModel model = model(name);
        int length =
                jsonLength.map(l -> BinaryTensors.jsonLength(l, body.bytes())).orElse(body.bytes().length);
        JsonNode request = body.parse(bytes -> Json.object(Arrays.copyOf(bytes, length)));
        Map<String, List<String>> inputs = inputs(request, new BinaryTensors(body.bytes(), length));
        List<Wanted> wanted = wanted(request);
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
        admission.count(texts.size());
        List<Output> outputs = model.task() == ServedModel.Task.EMBEDDING
                ? List.of(embed(model, texts))
                : classify(model, texts, pairs);
        Map<String, Object> answer = Json.of("model_name", model.name(), "model_version", "1");
        if (request.path("id").isString()) {
            answer.put("id", Json.text(request, "id"));
        }
        return answer(answer, outputs, wanted, Json.flag(parameters(request, "the request"), BINARY_OUTPUT, false));
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

    /**
     * An output that a request names.
     *
     * @param binary whether it is wanted in binary; as the request says of all if empty
     */
    private record Wanted(String name, Optional<Boolean> binary) {}

    private static List<Wanted> wanted(JsonNode request) {
        List<Wanted> wanted = new ArrayList<>();
        for (JsonNode asked : objects(request, "outputs")) {
            JsonNode parameters = parameters(asked, "an output");
            Optional<Boolean> binary = Json.isAbsent(parameters.path("binary_data"))
                    ? Optional.empty()
                    : Optional.of(Json.flag(parameters, "binary_data", false));
            wanted.add(new Wanted(Json.text(asked, "name"), binary));
        }
        if (wanted.size() > MAX_OUTPUTS) {
            throw ApiException.validation("outputs has " + wanted.size() + " names, of at most " + MAX_OUTPUTS);
        }
        return wanted;
    }

    private static Answer answer(
            Map<String, Object> json, List<Output> outputs, List<Wanted> wanted, boolean binaryOutput) {
        List<Wanted> asked = wanted.isEmpty()
                ? outputs.stream()
                        .map(o -> new Wanted(o.name, Optional.empty()))
                        .toList()
                : wanted;
        ByteArrayOutputStream tensors = new ByteArrayOutputStream();
        List<Object> written = new ArrayList<>();
        for (Wanted one : asked) {
            Output output = outputs.stream()
                    .filter(o -> o.name.equals(one.name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.validation("there is no output " + one.name + "; there are "
                            + String.join(
                                    ", ", outputs.stream().map(Output::name).toList())));
            Map<String, Object> tensor = tensor(output.name, output.type, output.shape);
            if (one.binary.orElse(binaryOutput)) {
                byte[] bytes = BinaryTensors.of(output.data);
                tensors.writeBytes(bytes);
                tensor.put("parameters", Json.of(BINARY_SIZE, bytes.length));
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
        for (JsonNode input : objects(request, "inputs")) {
            String name = Json.text(input, "name");
            if (!List.of(TEXT, PAIR).contains(name)) {
                throw ApiException.validation("there is no input " + name + "; there are " + TEXT + " and " + PAIR);
            }
            if (!Json.text(input, "datatype").equals("BYTES")) {
                throw ApiException.validation(name + " is of type BYTES");
            }
            if (inputs.put(name, texts(input, name, binary)) != null) {
                throw ApiException.validation("inputs has " + name + " twice");
            }
        }
        binary.requireEnd();
        return inputs;
    }

    private static List<String> texts(JsonNode input, String name, BinaryTensors binary) {
        JsonNode size = parameters(input, name).path(BINARY_SIZE);
        boolean data = !Json.isAbsent(input.path("data"));
        List<String> texts;
        if (Json.isAbsent(size)) {
            texts = Json.texts(input.path("data"), name + ".data");
        } else if (data || !size.isInt()) {
            throw ApiException.malformed(
                    name + " has either data, or a whole number of bytes as " + BINARY_SIZE + " behind the JSON");
        } else {
            texts = binary.texts(name, size.intValue());
        }
        JsonNode shape = input.path("shape");
        boolean column = shape.size() == 2 && isNumber(shape.get(1), 1);
        if (!shape.isArray() || shape.size() != 1 && !column || !isNumber(shape.get(0), texts.size())) {
            throw ApiException.validation(
                    name + " has another shape than [" + texts.size() + "], as many as its texts");
        }
        return texts;
    }

    private static boolean isNumber(JsonNode node, int expected) {
        return node.isInt() && node.intValue() == expected;
    }

    /** The objects of an array, which may be absent. */
    private static Iterable<JsonNode> objects(JsonNode request, String field) {
        JsonNode array = request.path(field);
        if (Json.isAbsent(array)) {
            return List.of();
        }
        if (!array.isArray()) {
            throw ApiException.validation(field + " is not an array");
        }
        for (JsonNode element : array) {
            if (!element.isObject()) {
                throw ApiException.validation(field + " holds something that is not an object");
            }
        }
        return array;
    }

    private static JsonNode parameters(JsonNode of, String what) {
        JsonNode parameters = of.path("parameters");
        if (!Json.isAbsent(parameters) && !parameters.isObject()) {
            throw ApiException.validation("the parameters of " + what + " are not an object");
        }
        return parameters;
    }
}
