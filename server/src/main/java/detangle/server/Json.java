package detangle.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Bodies of requests and answers. */
final class Json {
    private Json() {}

    /** The object that a body holds; refused if it holds something else. */
    static JsonNode object(byte[] body) {
        JsonNode node;
        try {
            node = JsonMapper.shared().readTree(body);
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            throw ApiException.malformed("the body is no JSON"
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        }
        if (!node.isObject()) {
            throw ApiException.malformed("the body is no JSON object");
        }
        return node;
    }

    static byte[] bytes(Object value) {
        return JsonMapper.shared().writeValueAsBytes(value);
    }

    /** An object of names and values in turn; absent values are left out. */
    static Map<String, Object> of(Object... namesAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    static String text(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (!value.isString()) {
            throw ApiException.validation(field + " is no text");
        }
        return value.stringValue();
    }

    static Optional<String> optionalText(JsonNode object, String field) {
        return object.path(field).isMissingNode() || object.path(field).isNull()
                ? Optional.empty()
                : Optional.of(text(object, field));
    }

    /** A number that is at least 1. */
    static OptionalInt optionalCount(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalInt.empty();
        }
        if (!value.isInt() || value.intValue() < 1) {
            throw ApiException.validation(field + " is not a whole number of at least 1");
        }
        return OptionalInt.of(value.intValue());
    }

    static boolean flag(JsonNode object, String field, boolean otherwise) {
        JsonNode value = object.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw ApiException.validation(field + " is neither true nor false");
        }
        return value.booleanValue();
    }

    /** The texts of an array. */
    static List<String> texts(JsonNode array, String field) {
        if (!array.isArray()) {
            throw ApiException.validation(field + " is no array of texts");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : array) {
            if (!text.isString()) {
                throw ApiException.validation(field + " holds something that is no text");
            }
            texts.add(text.stringValue());
        }
        return texts;
    }
}
