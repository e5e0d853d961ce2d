package detangle.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** JSON values as rows: an object with the columns as properties, or a string, which is the column of texts. */
final class JsonValues {
    /**
     * Values that a row may have, those within others among them: it takes a few characters to write one, and many
     * bytes to hold it.
     */
    static final int MAX_VALUES = 500_000;

    /** Reads what Python writes too, NaN and Infinity among it. */
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private final JsonParser parser;
    private int values;

    private JsonValues(JsonParser parser) {
        this.parser = parser;
    }

    /**
     * Reads the value at whose first token a parser is, and leaves it at the last one.
     *
     * @param column what a string's column is called
     * @throws StreamConstraintsException if it has more of something than is read; see {@link #beyondLimits}
     */
    static SourceRow row(long number, JsonParser parser, String column) {
        JsonValues values = new JsonValues(parser);
        SequencedMap<String, Object> columns = new LinkedHashMap<>();
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            columns.put(column, parser.getString());
            return SourceRow.of(number, columns);
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return new SourceRow(
                    number,
                    columns,
                    Optional.of("is " + kind(values.plain()) + ", and a string or an object is needed"));
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            columns.put(name, values.plain());
        }
        return SourceRow.of(number, columns);
    }

    /** Returns what goes on from the name of a row that goes beyond the limits of reading. */
    static String beyondLimits(StreamConstraintsException e) {
        StreamReadConstraints limits = MAPPER.tokenStreamFactory().streamReadConstraints();
        return "has more than is read of a row: " + MAX_VALUES + " values, " + limits.getMaxNestingDepth()
                + " levels of nesting, numbers of " + limits.getMaxNumberLength() + " digits and names of "
                + limits.getMaxNameLength() + " characters";
    }

    private Object plain() {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> counted(parser.getString());
            case VALUE_NULL -> counted(null);
            case VALUE_TRUE, VALUE_FALSE -> counted(parser.getBooleanValue());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> counted(parser.getNumberValue());
            default -> tree();
        };
    }

    private Object counted(Object value) {
        values++;
        if (values > MAX_VALUES) {
            throw new StreamConstraintsException("more than " + MAX_VALUES + " values");
        }
        return value;
    }

    /** Returns what is nested in a row; its depth is limited by the parser. */
    private JsonNode tree() {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = nodes.objectNode();
                counted(object);
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    object.set(name, tree());
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = nodes.arrayNode();
                counted(array);
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(tree());
                }
                yield array;
            }
            default -> scalar(nodes, plain());
        };
    }

    private static JsonNode scalar(JsonNodeFactory nodes, Object value) {
        return switch (value) {
            case null -> nodes.nullNode();
            case String text -> nodes.stringNode(text);
            case Boolean truth -> nodes.booleanNode(truth);
            case Integer whole -> nodes.numberNode(whole.intValue());
            case Long whole -> nodes.numberNode(whole.longValue());
            case Double number -> nodes.numberNode(number.doubleValue());
            default -> MAPPER.valueToTree(value);
        };
    }

    /** Returns what a value is, in words: {@code a number}. */
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
