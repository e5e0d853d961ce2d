package detangle.train.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * A row of a table, of whatever file it comes from.
 *
 * @param where what messages call it: {@code train.csv, row 7}
 * @param columns values by their columns' names: texts, numbers, truth values, null, lists and maps of these, or JSON
 */
public record DataRow(String where, SequencedMap<String, Object> columns) {
    private static final int NAMES_LISTED = 20;

    /** A value that is there. */
    Object value(String column) {
        Object value = plain(columns.get(column));
        if (value == null) {
            throw new DataException(
                    columns.containsKey(column)
                            ? where + ", column '" + column + "' is null"
                            : where + " has no '" + column + "'; it has " + names());
        }
        return value;
    }

    /** A text with something in it. */
    String text(String column) {
        if (!(value(column) instanceof String text)) {
            throw new DataException(where + ", column '" + column + "' is not a text");
        }
        if (text.isBlank()) {
            throw new DataException(where + ", column '" + column + "' is empty");
        }
        return text;
    }

    /** A list of values. */
    List<?> list(String column) {
        if (!(value(column) instanceof List<?> list)) {
            throw new DataException(where + ", column '" + column + "' is not a list");
        }
        return list;
    }

    /** The names of its columns for a message. */
    String names() {
        return columns.isEmpty()
                ? "no columns"
                : columns.keySet().stream().limit(NAMES_LISTED).collect(Collectors.joining(", "));
    }

    private static Object plain(Object value) {
        return value instanceof JsonNode node ? ofJson(node) : value;
    }

    private static Object ofJson(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.asString();
            case BOOLEAN -> node.asBoolean();
            case NUMBER -> node.numberValue();
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                node.forEach(element -> list.add(ofJson(element)));
                yield list;
            }
            case OBJECT -> {
                Map<String, Object> map = new LinkedHashMap<>();
                node.properties().forEach(e -> map.put(e.getKey(), ofJson(e.getValue())));
                yield map;
            }
            case NULL, MISSING, BINARY, POJO -> null;
        };
    }
}
