package detangle.server;

import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.task.Field;
import detangle.pipelines.task.Fields;
import detangle.pipelines.task.SentenceEmbedding;
import detangle.pipelines.task.TextClassification;
import detangle.pipelines.task.TextRanking;
import detangle.pipelines.task.TextTask;
import detangle.server.ServedModel.Ability;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * The Open Inference Protocol, version 2 (KServe, Triton, MLServer). A request has tensors of texts. An answer has
 * tensors of labels and scores, of vectors, or of other tasks' answers as JSON. The options of a task are parameters of
 * the request.
 */
final class OpenInferenceApi {
    private static final String VERSION = "/versions/1";
    private static final String BINARY_OUTPUT = "binary_data_output";
    private static final String BINARY_SIZE = "binary_data_size";
    private static final String PARAMETERS = "parameters";
    private static final String BYTES = "BYTES";
    private static final String FLOATS = "FP32";

    /**
     * The name of the tensor with the answer to each row as JSON, for tasks whose answers are neither labels nor
     * vectors.
     */
    private static final String JSON_OUTPUT = "output";

    private static final Field BINARY = new Field(
            BINARY_OUTPUT,
            "whether outputs are sent in binary that do not say so themselves",
            new Field.Flag(),
            false,
            Optional.of(false));

    /** The most outputs that a request may name; models have at most three. */
    private static final int MAX_OUTPUTS = 16;

    private final Models models;
    private final Sizes sizes;
    private final String version;

    OpenInferenceApi(Models models, Sizes sizes, String version) {
        this.models = models;
        this.sizes = sizes;
        this.version = version;
    }

    /** Answers {@code GET /v2}. */
    Object server() {
        return Json.of("name", "detangle", "version", version, "extensions", List.of("binary_tensor_data"));
    }

    /** Answers {@code GET /v2/models/NAME}. */
    Object metadata(String name) {
        ServedModel model = model(name);
        return Json.of(
                "name", model.name(),
                "versions", List.of("1"),
                "platform", "detangle",
                "inputs",
                        model.task().inputs().stream()
                                .map(input -> tensor(input.name(), BYTES, shape(input)))
                                .toList(),
                "outputs", outputs(model));
    }

    private static int[] shape(Field input) {
        return input.type() instanceof Field.Texts ? new int[] {-1, -1} : new int[] {-1};
    }

    private static List<Object> outputs(ServedModel model) {
        return switch (model.task()) {
            case SentenceEmbedding vectors -> List.of(tensor("embedding", FLOATS, -1, dimension(model)));
            case TextClassification classification -> outputsOfLabels(model);
            // A ranker that is asked by tensors scores pairs.
            case TextRanking ranking -> outputsOfLabels(model);
            default -> List.of(tensor(JSON_OUTPUT, BYTES, -1));
        };
    }

    private static List<Object> outputsOfLabels(ServedModel model) {
        return List.of(
                tensor("label", BYTES, -1),
                tensor("score", FLOATS, -1),
                tensor("scores", FLOATS, -1, labels(model).size()));
    }

    private static int dimension(ServedModel model) {
        return model.require("feature-extraction", FeatureExtractor.class).dimension(model.embedding());
    }

    private static List<String> labels(ServedModel model) {
        return model.require("text-classification", TextClassifier.class).labels();
    }

    private static SequencedMap<String, Object> tensor(String name, String type, int... shape) {
        return Json.of("name", name, "datatype", type, "shape", shape);
    }

    /** Answers {@code GET /v2/models/NAME/ready}. */
    Object ready(String name) {
        return Json.of("name", model(name).name(), "ready", true);
    }

    private ServedModel model(String path) {
        // Every model has one version, and a path may name it.
        return models.named(path.endsWith(VERSION) ? path.substring(0, path.length() - VERSION.length()) : path);
    }

    /** A tensor of an answer. */
    private record Output(String name, String type, List<?> data, int... shape) {}

    /**
     * An answer: its JSON and its binary tensors.
     *
     * @param tensors what follows the JSON; empty if nothing does
     */
    record Answer(Map<String, Object> json, byte[] tensors) {}

    /**
     * Answers {@code POST /v2/models/NAME/infer}.
     *
     * @param jsonLength the header of the binary extension; empty if the request does not have it
     */
    Answer infer(String name, Bodies.Body body, Optional<String> jsonLength) {
        ServedModel model = model(name);
        int length =
                jsonLength.map(l -> BinaryTensors.jsonLength(l, body.bytes())).orElse(body.bytes().length);
        JsonNode request = body.parse(bytes -> Json.object(Arrays.copyOf(bytes, length)));
        Json.requireKnown(request, "the request", "id", "inputs", "outputs", PARAMETERS);
        Optional<String> id = Json.optionalText(request, "id");
        JsonNode parameters = parameters(request, "the request");
        Map<String, Object> given = parameters.isObject() ? Json.fields(parameters) : Map.of();
        Ability ability = ability(model, names(request, given));
        TextTask<?> task = ability.task();
        List<Map<String, Object>> tensors =
                rows(task, TextTensors.read(objects(request, "inputs"), task, new BinaryTensors(body.bytes(), length)));
        List<Wanted> wanted = wanted(request);
        Fields asked = Fields.read(task.name() + " by tensors", options(task), given);
        List<Fields> rows = tensors.stream().map(task::row).toList();
        sizes.check(ability.texts(rows, asked));
        List<Object> answers = model.answer(ability, rows, asked);
        List<Output> outputs = switch (task) {
            case SentenceEmbedding vectors -> List.of(embeddings(answers));
            // The answer for a window also has the place of the window.
            case TextClassification classification when !asked.has("stride") -> labels(answers, labels(model));
            default -> List.of(new Output(JSON_OUTPUT, BYTES, written(answers), answers.size()));
        };
        SequencedMap<String, Object> answer = Json.of("model_name", model.name(), "model_version", "1");
        id.ifPresent(text -> answer.put("id", text));
        return answer(answer, outputs, wanted, asked.flag(BINARY_OUTPUT));
    }

    /**
     * Returns the parameters that a request may have: the options of the task, and how outputs are sent. By default, a
     * classifier returns the scores of all labels, and an embedding model returns vectors without normalising them.
     */
    static List<Field> options(TextTask<?> task) {
        Stream<Field> options = task.options().stream();
        Stream<Field> own = switch (task) {
            case TextClassification classification ->
                options.filter(field -> !field.name().equals("top_k"));
            case SentenceEmbedding vectors ->
                options.map(field -> field.name().equals("normalize")
                        ? new Field(field.name(), field.description(), field.type(), false, Optional.of(false))
                        : field);
            default -> options;
        };
        return Stream.concat(own, Stream.of(BINARY)).toList();
    }

    /** Returns all names that a request uses. They decide which task is meant. */
    private static Set<String> names(JsonNode request, Map<String, Object> given) {
        Set<String> names = new LinkedHashSet<>(given.keySet());
        names.remove(BINARY_OUTPUT);
        objects(request, "inputs").forEach(tensor -> names.add(Json.text(tensor, "name")));
        return names;
    }

    /**
     * Returns the task that has all of these fields, or else the task that has the most of them. Instead of the
     * latter, a model that ranks scores pairs of texts.
     */
    private static Ability ability(ServedModel model, Set<String> names) {
        return model.task() instanceof TextRanking
                ? model.knowing(names).orElseGet(() -> model.require("text-classification"))
                : model.meant(names);
    }

    /** Returns the rows of tensors, which must have the same number of values each. */
    private static List<Map<String, Object>> rows(TextTask<?> task, Map<String, List<Object>> tensors) {
        Field first = task.inputs().getFirst();
        List<Object> leading = Optional.ofNullable(tensors.get(first.name()))
                .orElseThrow(() -> ApiException.validation("inputs has no tensor '" + first.name() + "'"));
        tensors.forEach((name, values) -> {
            if (values.size() != leading.size()) {
                throw ApiException.validation(first.name() + " and " + name + " differ in length");
            }
        });
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < leading.size(); i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            for (Map.Entry<String, List<Object>> tensor : tensors.entrySet()) {
                row.put(tensor.getKey(), tensor.getValue().get(i));
            }
            rows.add(row);
        }
        return rows;
    }

    private static Output embeddings(List<Object> answers) {
        List<Float> values = new ArrayList<>();
        int width = 0;
        for (Object answer : answers) {
            float[] vector = (float[]) answer;
            width = vector.length;
            for (float value : vector) {
                values.add(value);
            }
        }
        return new Output("embedding", FLOATS, values, answers.size(), width);
    }

    private static List<Output> labels(List<Object> answers, List<String> labels) {
        List<String> best = new ArrayList<>();
        List<Float> score = new ArrayList<>();
        List<Float> scores = new ArrayList<>();
        for (Object answer : answers) {
            Map<String, Float> byLabel = new LinkedHashMap<>();
            for (Object each : (List<?>) answer) {
                Map<?, ?> label = (Map<?, ?>) each;
                byLabel.put((String) label.get("label"), (Float) label.get("score"));
            }
            Map.Entry<String, Float> surest = byLabel.entrySet().iterator().next();
            best.add(surest.getKey());
            score.add(surest.getValue());
            labels.forEach(label -> scores.add(byLabel.get(label)));
        }
        return List.of(
                new Output("label", BYTES, best, best.size()),
                new Output("score", FLOATS, score, score.size()),
                new Output("scores", FLOATS, scores, best.size(), labels.size()));
    }

    private static List<String> written(List<Object> answers) {
        return answers.stream()
                .map(answer -> new String(Json.bytes(answer), StandardCharsets.UTF_8))
                .toList();
    }

    /**
     * An output that a request asks for.
     *
     * @param binary whether the output is sent in binary; if empty, the request decides it for all outputs
     */
    private record Wanted(String name, Optional<Boolean> binary) {}

    private static List<Wanted> wanted(JsonNode request) {
        List<Wanted> wanted = new ArrayList<>();
        for (JsonNode asked : objects(request, "outputs")) {
            Json.requireKnown(asked, "an output", "name", PARAMETERS);
            JsonNode parameters = parameters(asked, "an output");
            if (parameters.isObject()) {
                Json.requireKnown(parameters, "the parameters of an output", "binary_data");
            }
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
            SequencedMap<String, Object> tensor = tensor(output.name, output.type, output.shape);
            if (one.binary.orElse(binaryOutput)) {
                byte[] bytes = BinaryTensors.of(output.data);
                tensors.writeBytes(bytes);
                tensor.put(PARAMETERS, Json.of(BINARY_SIZE, bytes.length));
            } else {
                tensor.put("data", output.data);
            }
            written.add(tensor);
        }
        json.put("outputs", written);
        return new Answer(json, tensors.toByteArray());
    }

    /** Returns the objects of an array, which may be absent. */
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

    static JsonNode parameters(JsonNode of, String what) {
        JsonNode parameters = of.path(PARAMETERS);
        if (!Json.isAbsent(parameters) && !parameters.isObject()) {
            throw ApiException.validation("the parameters of " + what + " are not an object");
        }
        return parameters;
    }
}
