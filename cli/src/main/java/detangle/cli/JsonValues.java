package detangle.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON values as rows: an object with the columns as properties, or a string, which is the column of texts. */
final class JsonValues {
    /** Reads what Python writes too, NaN and Infinity among it. */
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private JsonValues() {}

    /** @param column what a string's column is called */
    static SourceRow row(long number, JsonNode value, String column) {
        SequencedMap<String, Object> columns = new LinkedHashMap<>();
        if (value.isString()) {
            columns.put(column, value.stringValue());
            return SourceRow.of(number, columns);
        }
        if (!value.isObject()) {
            return new SourceRow(
                    number, columns, Optional.of("is " + kind(value) + ", and a string or an object is needed"));
        }
        value.properties().forEach(p -> columns.put(p.getKey(), plain(p.getValue())));
        return SourceRow.of(number, columns);
    }

    private static Object plain(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> value.stringValue();
            case NULL -> null;
            case BOOLEAN -> value.booleanValue();
            case NUMBER -> value.numberValue();
            default -> value;
        };
    }

    /** What a value is, in words: {@code a number}. */
    static String kind(Object value) {
        return switch (value) {
            case null -> "null";
            case Number number -> "a number";
            case Boolean truth -> "a truth value";
            case JsonNode node when node.isNull() -> "null";
            case JsonNode node -> {
                String type = node.getNodeType().name().toLowerCase(Locale.ROOT);
                yield (type.startsWith("a") || type.startsWith("o") ? "an " : "a ") + type;
            }
            default -> "not a text";
        };
    }
}
