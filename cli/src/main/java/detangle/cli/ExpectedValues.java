package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigFields;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Numbers that a model answers to one input, as its authors or another implementation have published them.
 *
 * @param model the model's name on the hub
 * @param source where the numbers were published
 * @param head the head whose output they are
 * @param input what the model is given
 * @param output the name of the output, such as {@code logits}
 * @param softmax whether the numbers are probabilities, and the output has the logits of its last axis
 * @param tolerance the largest difference at which a number agrees
 * @param points the numbers and their places
 */
record ExpectedValues(
        String model,
        String source,
        Architecture head,
        Input input,
        String output,
        boolean softmax,
        double tolerance,
        List<Point> points) {
    /** The input of a model: ids or a text. */
    sealed interface Input {
        /**
         * Ids of tokens.
         *
         * @param ids a list of ids for each sequence; all have the same length
         * @param mask numbers 0 and 1 in the same places; 1 everywhere if it is empty
         */
        record Ids(List<List<Long>> ids, Optional<List<List<Long>>> mask) implements Input {}

        /** A text, which the model's tokenizer reads. */
        record Text(String text) implements Input {}
    }

    /**
     * A number and its place.
     *
     * @param at the index along each axis of the output. The last one may be the name of a label
     */
    record Point(List<Index> at, double value) {}

    /** A place along an axis. */
    sealed interface Index {
        /** A place that is counted from 0. */
        record Number(int number) implements Index {}

        /** The place of a label among the labels of the model. */
        record Label(String name) implements Index {}
    }

    private static final String SHIPPED = "published-values.json";

    private static final Set<String> FIELDS = Set.of(
            "model",
            "source",
            "head",
            "input_ids",
            "attention_mask",
            "text",
            "output",
            "softmax",
            "tolerance",
            "values");

    /** Returns the values that ship, of all models. */
    static List<ExpectedValues> published() {
        try (InputStream in = ExpectedValues.class.getResourceAsStream(SHIPPED)) {
            return new Reading(SHIPPED).list(JsonMapper.shared().readTree(in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a file of values: {@code {"models": [{"model", "source", "head", "input_ids", "attention_mask", "text",
     * "output", "softmax", "tolerance", "values": [{"at": [0, 1, 2], "value": 0.5}]}]}}.
     *
     * @throws CliException if a field is not what it should be
     * @throws detangle.models.deberta.ConfigException if the file cannot be read or is not JSON
     */
    static List<ExpectedValues> read(Path file) {
        return new Reading(file.toString()).list(ConfigFields.read(file).root());
    }

    /** Reads trees of JSON; messages begin with the file and the number of the entry. */
    private record Reading(String where) {
        List<ExpectedValues> list(JsonNode root) {
            JsonNode models = root.path("models");
            require(models.isArray() && !models.isEmpty(), "there is no list \"models\" with entries");
            List<ExpectedValues> all = new ArrayList<>();
            for (JsonNode model : models) {
                all.add(new Reading(where + ": entry " + (all.size() + 1)).entry(model));
            }
            return all;
        }

        private ExpectedValues entry(JsonNode entry) {
            require(entry.isObject(), "it is not an object");
            for (String field : entry.propertyNames()) {
                require(FIELDS.contains(field), "there is no field '" + field + "'");
            }
            String headName = text(entry, "head");
            Architecture head = Architecture.named(headName)
                    .orElseThrow(() -> fault("'" + headName + "' is not a head: write one that --head lists"));
            JsonNode softmax = entry.path("softmax");
            require(softmax.isMissingNode() || softmax.isBoolean(), "softmax is neither true nor false");
            double tolerance = number(entry.path("tolerance"), "tolerance");
            require(tolerance > 0, "tolerance is not above 0");
            JsonNode values = entry.path("values");
            require(values.isArray() && !values.isEmpty(), "values is not a list with entries");
            List<Point> points = new ArrayList<>();
            for (JsonNode point : values) {
                points.add(point(point));
            }
            return new ExpectedValues(
                    text(entry, "model"),
                    text(entry, "source"),
                    head,
                    input(entry),
                    text(entry, "output"),
                    softmax.asBoolean(false),
                    tolerance,
                    points);
        }

        private Input input(JsonNode entry) {
            require(
                    entry.has("text") != entry.has("input_ids"),
                    "it has to have either text or input_ids, and not both");
            if (entry.has("text")) {
                require(!entry.has("attention_mask"), "attention_mask goes with input_ids, and not with text");
                return new Input.Text(text(entry, "text"));
            }
            List<List<Long>> ids = rows(entry.get("input_ids"), "input_ids");
            if (!entry.has("attention_mask")) {
                return new Input.Ids(ids, Optional.empty());
            }
            List<List<Long>> mask = rows(entry.get("attention_mask"), "attention_mask");
            require(
                    mask.size() == ids.size()
                            && mask.getFirst().size() == ids.getFirst().size(),
                    "attention_mask has another shape than input_ids");
            return new Input.Ids(ids, Optional.of(mask));
        }

        private List<List<Long>> rows(JsonNode rows, String field) {
            String fault = field + " is not a list of rows of the same length, of whole numbers of at least 0";
            require(rows.isArray() && !rows.isEmpty() && !rows.get(0).isEmpty(), fault);
            List<List<Long>> all = new ArrayList<>();
            for (JsonNode row : rows) {
                require(row.isArray() && row.size() == rows.get(0).size(), fault);
                List<Long> numbers = new ArrayList<>();
                for (JsonNode number : row) {
                    require(number.isIntegralNumber() && number.canConvertToLong() && number.asLong() >= 0, fault);
                    numbers.add(number.asLong());
                }
                all.add(numbers);
            }
            return all;
        }

        private Point point(JsonNode point) {
            JsonNode at = point.path("at");
            require(at.isArray() && !at.isEmpty(), "an entry of values has no list \"at\"");
            List<Index> indices = new ArrayList<>();
            for (JsonNode index : at) {
                boolean isLabel = index.isString() && indices.size() == at.size() - 1;
                require(
                        isLabel || index.isIntegralNumber() && index.canConvertToInt() && index.asInt() >= 0,
                        "\"at\" does not consist of whole numbers of at least 0, of which the last may be a label");
                indices.add(isLabel ? new Index.Label(index.asString()) : new Index.Number(index.asInt()));
            }
            return new Point(indices, number(point.path("value"), "value"));
        }

        private String text(JsonNode entry, String field) {
            JsonNode value = entry.path(field);
            require(value.isString() && !value.asString().isEmpty(), field + " is not a text");
            return value.asString();
        }

        private double number(JsonNode value, String field) {
            require(value.isNumber() && Double.isFinite(value.asDouble()), field + " is not a number");
            return value.asDouble();
        }

        private void require(boolean holds, String message) {
            if (!holds) {
                throw fault(message);
            }
        }

        private CliException fault(String message) {
            return new CliException(where + ": " + message);
        }
    }
}
