package detangle.server;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads and writes the JSON of requests and answers. */
final class Json {
    /** The largest depth of a request's JSON. Requests of the protocols have less than ten levels. */
    private static final int MAX_DEPTH = 64;

    /** The most digits of a number. */
    private static final int MAX_DIGITS = 1000;

    /** The most characters of a field's name. */
    private static final int MAX_NAME = 50_000;

    private static final char REPLACEMENT = '\uFFFD';

    /** Reads JSON. It refuses a property that occurs twice, because a proxy could read another of the two values. */
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(MAX_DIGITS)
                            .maxNameLength(MAX_NAME)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /**
     * Returns the object in a body.
     *
     * @throws ApiException if the body is not a JSON object
     */
    static JsonNode object(byte[] body) {
        requireUtf8(body);
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (StreamConstraintsException e) {
            throw ApiException.malformed("the body has more than " + MAX_DEPTH + " levels, a number of more than "
                    + MAX_DIGITS + " digits, or a name of more than " + MAX_NAME + " characters");
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            throw ApiException.malformed("the body is not JSON, or has a field twice"
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        }
        if (!node.isObject()) {
            throw ApiException.malformed("the body is not a JSON object");
        }
        return node;
    }

    /**
     * Refuses bytes that are not UTF-8. The parser accepts overlong forms of characters, which other programs read as
     * something else.
     */
    private static void requireUtf8(byte[] body) {
        // The parser reads bytes as UTF-16 if every second one is zero.
        for (int i = 0; i < Math.min(body.length, 4); i++) {
            if (body[i] == 0) {
                throw ApiException.malformed("the body is not JSON: its byte " + (i + 1) + " is zero");
            }
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(body);
        CharBuffer characters = CharBuffer.allocate(Math.min(body.length + 1, 8192));
        CoderResult result;
        do {
            result = decoder.decode(bytes, characters.clear(), true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw ApiException.malformed("the body is not JSON: its byte " + (bytes.position() + 1) + " is not UTF-8");
        }
    }

    static byte[] bytes(Object value) {
        return JsonMapper.shared().writeValueAsBytes(value);
    }

    /** Returns an object of names and values in turn; absent values are left out. */
    static SequencedMap<String, Object> of(Object... namesAndValues) {
        SequencedMap<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    /** Refuses fields that the server does not know, so that no field is silently ignored. */
    static void requireKnown(JsonNode object, String of, String... known) {
        Set<String> names = Set.of(known);
        for (String name : object.propertyNames()) {
            if (!names.contains(name)) {
                throw ApiException.validation(of + " has no field '" + name + "'; it has " + String.join(", ", known));
            }
        }
    }

    /** Returns a value as JSON has it: a text, an Integer or another number, a truth value, a list, a map, or null. */
    static Object plain(JsonNode value) {
        if (isAbsent(value)) {
            return null;
        }
        if (value.isString()) {
            return wellFormed(value.stringValue());
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isNumber()) {
            return value.isInt() ? (Number) value.intValue() : (Number) value.asDouble(Double.NaN);
        }
        if (value.isArray()) {
            List<Object> list = new ArrayList<>();
            value.forEach(element -> list.add(plain(element)));
            return list;
        }
        return fields(value);
    }

    /** Returns the fields of an object as {@link #plain} values. */
    static SequencedMap<String, Object> fields(JsonNode object) {
        SequencedMap<String, Object> fields = new LinkedHashMap<>();
        object.properties().forEach(field -> fields.put(field.getKey(), plain(field.getValue())));
        return fields;
    }

    static String text(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (!value.isString()) {
            throw ApiException.validation(field + " is not a text");
        }
        return wellFormed(value.stringValue());
    }

    /**
     * Returns the text with the replacement character for each half of a surrogate pair that stands alone, because
     * UTF-8 cannot express it.
     */
    static String wellFormed(String text) {
        if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            return text;
        }
        int[] codePoints = text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
                .toArray();
        return new String(codePoints, 0, codePoints.length);
    }

    /** Returns whether a field is absent or null. */
    static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    static Optional<String> optionalText(JsonNode object, String field) {
        return isAbsent(object.path(field)) ? Optional.empty() : Optional.of(text(object, field));
    }

    /** Returns a number that is at least 1. */
    static OptionalInt optionalCount(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (isAbsent(value)) {
            return OptionalInt.empty();
        }
        if (!value.isInt() || value.intValue() < 1) {
            throw ApiException.validation(field + " is not a whole number of at least 1");
        }
        return OptionalInt.of(value.intValue());
    }

    static boolean flag(JsonNode object, String field, boolean otherwise) {
        JsonNode value = object.path(field);
        if (isAbsent(value)) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw ApiException.validation(field + " is neither true nor false");
        }
        return value.booleanValue();
    }

    /** Returns the texts of an array. */
    static List<String> texts(JsonNode array, String field) {
        if (!array.isArray()) {
            throw ApiException.validation(field + " is not an array of texts");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : array) {
            if (!text.isString()) {
                throw ApiException.validation(field + " holds something that is not a text");
            }
            texts.add(wellFormed(text.stringValue()));
        }
        return texts;
    }
}
