package detangle.train.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * A row of a table, from a file of any kind.
 *
 * @param where the name of the row in messages: {@code train.csv, row 7}
 * @param columns the values by the names of their columns: texts, numbers, truth values, null, lists and maps of these,
 *     or JSON
 */
public record DataRow(String where, SequencedMap<String, Object> columns) {
    private static final int NAMES_LISTED = 20;

    /**
     * Returns a value.
     *
     * @throws DataException if there is none
     */
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

    /** Returns a text, which may be empty. */
    public String textOrBlank(String column) {
        if (!(value(column) instanceof String text)) {
            throw new DataException(where + ", column '" + column + "' is not a text");
        }
        return text;
    }

    /** Returns a text that is not blank. */
    public String text(String column) {
        String text = textOrBlank(column);
        if (text.isBlank()) {
            throw new DataException(where + ", column '" + column + "' is empty");
        }
        return text;
    }

    /** Returns a list of values. */
    List<?> list(String column) {
        if (!(value(column) instanceof List<?> list)) {
            throw new DataException(where + ", column '" + column + "' is not a list");
        }
        return list;
    }

    /** Returns the names of the columns for a message. */
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
