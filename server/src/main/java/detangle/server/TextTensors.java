package detangle.server;

import detangle.pipelines.task.Field;
import detangle.pipelines.task.TextTask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Tensors of a request of the Open Inference Protocol: the inputs of a task, of type BYTES, as JSON or behind it. */
final class TextTensors {
    private static final String SIZE = "binary_data_size";
    private static final String PARAMETERS = "parameters";

    private TextTensors() {}

    /**
     * Reads tensors.
     *
     * @return by name the value of each row: a text, or a list of texts for an input that has several
     */
    static Map<String, List<Object>> read(Iterable<JsonNode> tensors, TextTask<?> task, BinaryTensors binary) {
        Map<String, List<Object>> inputs = new LinkedHashMap<>();
        for (JsonNode tensor : tensors) {
            String name = Json.text(tensor, "name");
            Field input = task.inputs().stream()
                    .filter(field -> field.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.validation("there is no input " + name + "; there are "
                            + String.join(
                                    " and ",
                                    task.inputs().stream().map(Field::name).toList())));
            if (!Json.text(tensor, "datatype").equals("BYTES")) {
                throw ApiException.validation(name + " is of type BYTES");
            }
            Json.requireKnown(tensor, "the tensor " + name, "name", "shape", "datatype", "data", PARAMETERS);
            if (inputs.put(name, rows(tensor, name, input.type() instanceof Field.Texts, binary)) != null) {
                throw ApiException.validation("inputs has " + name + " twice");
            }
        }
        binary.requireEnd();
        return inputs;
    }

    private static List<Object> rows(JsonNode tensor, String name, boolean several, BinaryTensors binary) {
        JsonNode parameters = OpenInferenceApi.parameters(tensor, name);
        if (parameters.isObject()) {
            // Clients of MLServer send a content type for texts.
            Json.requireKnown(parameters, "the parameters of " + name, SIZE, "content_type");
            Json.optionalText(parameters, "content_type")
                    .filter(type -> !type.equals("str"))
                    .ifPresent(type -> {
                        throw ApiException.validation(
                                "the content_type of " + name + " is " + type + ", and texts are str");
                    });
        }
        JsonNode size = parameters.path(SIZE);
        boolean data = !Json.isAbsent(tensor.path("data"));
        JsonNode shape = tensor.path("shape");
        if (!shape.isArray()) {
            throw ApiException.validation(name + ".shape is not an array of numbers");
        }
        List<String> texts = new ArrayList<>();
        if (Json.isAbsent(size)) {
            flatten(tensor.path("data"), name, shape, 0, texts);
        } else if (data || !size.isInt()) {
            throw ApiException.malformed(
                    name + " has either data, or a whole number of bytes as " + SIZE + " behind the JSON");
        } else {
            texts.addAll(binary.texts(name, size.intValue()));
        }
        return several ? inRows(name, shape, texts) : alone(name, shape, texts);
    }

    /** Reads values that are flat, or nested as the shape says. */
    private static void flatten(JsonNode data, String name, JsonNode shape, int axis, List<String> into) {
        if (data.isArray() && data.path(0).isArray() && axis + 1 < shape.size()) {
            for (JsonNode row : data) {
                if (!isNumber(shape.get(axis + 1), row.size())) {
                    throw ApiException.validation(name + ".data is nested in another way than its shape says");
                }
                flatten(row, name, shape, axis + 1, into);
            }
            if (!isNumber(shape.get(axis), data.size())) {
                throw ApiException.validation(name + ".data is nested in another way than its shape says");
            }
            return;
        }
        into.addAll(Json.texts(data, name + ".data"));
    }

    private static List<Object> alone(String name, JsonNode shape, List<String> texts) {
        boolean column = shape.size() == 2 && isNumber(shape.get(1), 1);
        if (shape.size() != 1 && !column || !isNumber(shape.get(0), texts.size())) {
            throw ApiException.validation(
                    name + " has another shape than [" + texts.size() + "], as many as its texts");
        }
        return List.copyOf(texts);
    }

    private static List<Object> inRows(String name, JsonNode shape, List<String> texts) {
        int rows = shape.size() == 2 && shape.get(0).isInt() ? shape.get(0).intValue() : -1;
        if (rows < 1 || texts.size() % rows != 0 || !isNumber(shape.get(1), texts.size() / rows)) {
            throw ApiException.validation(
                    name + " has another shape than [rows, texts of each row] for its " + texts.size() + " texts");
        }
        int width = texts.size() / rows;
        List<Object> values = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            values.add(List.copyOf(texts.subList(row * width, (row + 1) * width)));
        }
        return values;
    }

    private static boolean isNumber(JsonNode node, int expected) {
        return node.isInt() && node.intValue() == expected;
    }
}
