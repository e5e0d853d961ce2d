package detangle.experiment.data;

import detangle.train.data.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * An object in a line of a file.
 *
 * @param where the name of the row in messages: {@code val.jsonl, line 3}
 */
public record JsonRow(String where, JsonNode node) {
    /** Returns whether there is a value of this name that is not null. */
    public boolean has(String name) {
        return node.hasNonNull(name);
    }

    /** Returns a text. */
    public String text(String name) {
        return value(name, JsonNode::isString, "a text").asString();
    }

    /** Returns a whole number. */
    public int integer(String name) {
        return value(name, JsonNode::isInt, "a whole number").intValue();
    }

    /** Returns a text, a number or a truth value as a text: {@code true}, {@code 1}. */
    public String label(String name) {
        return value(name, JsonNode::isValueNode, "a label").asString();
    }

    /** Returns a number or a text, as it is to be written again. */
    public JsonNode id(String name) {
        return value(name, JsonNode::isValueNode, "a number or a text");
    }

    /** Returns an object. */
    public JsonRow row(String name) {
        return new JsonRow(where, value(name, JsonNode::isObject, "an object"));
    }

    /** Returns the objects of a list. */
    public List<JsonRow> rows(String name) {
        List<JsonRow> rows = new ArrayList<>();
        for (JsonNode element : value(name, JsonNode::isArray, "a list")) {
            if (!element.isObject()) {
                throw new DataException(where + ": '" + name + "' is not a list of objects");
            }
            rows.add(new JsonRow(where, element));
        }
        return rows;
    }

    /** Returns the texts of a list. */
    public List<String> texts(String name) {
        return texts(name, value(name, JsonNode::isArray, "a list"));
    }

    /** Returns the texts of each list of a list. */
    public List<List<String>> lists(String name) {
        return value(name, JsonNode::isArray, "a list")
                .valueStream()
                .map(list -> texts(name, list))
                .toList();
    }

    private List<String> texts(String name, JsonNode list) {
        if (!list.isArray() || !list.valueStream().allMatch(JsonNode::isString)) {
            throw new DataException(where + ": '" + name + "' has something else in the place of a text");
        }
        return list.valueStream().map(JsonNode::asString).toList();
    }

    private JsonNode value(String name, Predicate<JsonNode> kind, String described) {
        JsonNode value = node.get(name);
        if (value == null || !kind.test(value)) {
            throw new DataException(where + " has no '" + name + "' that is " + described
                    + ": the file is not that of the task, or damaged");
        }
        return value;
    }
}
