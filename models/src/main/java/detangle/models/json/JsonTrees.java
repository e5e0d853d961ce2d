package detangle.models.json;

import detangle.ir.InternalException;
import detangle.models.json.StrictJson.InvalidJson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Trees of JSON, built from the token stream: setting up a mapper takes a sixth of a second of every start. */
final class JsonTrees {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Far more than any file of a model has that is read as a tree; as objects so many take some 30 MB. */
    private static final int MAX_VALUES = 1 << 17;

    private final JsonParser parser;
    private final boolean unique;
    private int values;

    private JsonTrees(JsonParser parser, boolean unique) {
        this.parser = parser;
        this.unique = unique;
    }

    /** More values than a tree is made of. */
    private static final class TooManyValues extends StreamConstraintsException {
        private static final long serialVersionUID = 1L;

        TooManyValues(TokenStreamLocation at) {
            super("too many values", at);
        }
    }

    /** Two properties of one name. */
    private static final class DuplicateName extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DuplicateName(String name, TokenStreamLocation at) {
            super("not valid JSON: Duplicate name \"" + name + "\"" + where(at));
        }
    }

    /** @param unique whether a name must not occur twice in an object; the last one counts otherwise */
    static JsonNode parse(JsonFactory factory, ByteBuffer utf8, boolean unique) throws InvalidJson {
        // Decoded here because the parser would take other encodings, and guess which.
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(utf8.duplicate()).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidJson("not valid UTF-8", e);
        }
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() == null) {
                throw new InvalidJson("not JSON: empty");
            }
            JsonNode root = tree(parser, unique);
            if (parser.nextToken() != null) {
                throw new InvalidJson("not valid JSON: something follows its end");
            }
            return root;
        } catch (DuplicateName e) {
            throw new InvalidJson(e.getMessage(), e);
        } catch (JacksonException e) {
            throw new InvalidJson(fault(e), e);
        }
    }

    /** Returns a parser's fault in words of our own, in one line. */
    static String fault(JacksonException e) {
        if (e instanceof TooManyValues) {
            return "it has more than " + MAX_VALUES + " JSON values, which is the most that is read"
                    + where(e.getLocation());
        }
        String fault = switch (e) {
            case StreamConstraintsException limit -> ": it is nested too deeply, or a value in it is too long";
            case UnexpectedEndOfInputException end -> ": it ends too early";
            default -> "";
        };
        return "not valid JSON" + fault + where(e.getLocation());
    }

    private static String where(TokenStreamLocation at) {
        return at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    }

    /** Returns the value at the parser's token, up to its end. How deep values nest, the parser bounds. */
    static JsonNode tree(JsonParser parser, boolean unique) {
        return new JsonTrees(parser, unique).tree();
    }

    private JsonNode tree() {
        if (++values > MAX_VALUES) {
            throw new TooManyValues(parser.currentTokenLocation());
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> NODES.stringNode(parser.getString());
            case VALUE_NUMBER_INT ->
                switch (parser.getNumberType()) {
                    case INT -> NODES.numberNode(parser.getIntValue());
                    case LONG -> NODES.numberNode(parser.getLongValue());
                    case BIG_INTEGER, FLOAT, DOUBLE, BIG_DECIMAL -> NODES.numberNode(parser.getBigIntegerValue());
                };
            case VALUE_NUMBER_FLOAT -> number();
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                throw new InternalException("no value begins with " + parser.currentToken());
        };
    }

    /** Reads a number. A number beyond double precision is infinite, as in Python, and is shown as it is written. */
    private JsonNode number() {
        double value = parser.getDoubleValue();
        return Double.isInfinite(value) ? new Overflow(value, parser.getString()) : NODES.numberNode(value);
    }

    private static final class Overflow extends DoubleNode {
        private static final long serialVersionUID = 1L;

        private final String written;

        Overflow(double value, String written) {
            super(value);
            this.written = written;
        }

        @Override
        public String toString() {
            return written;
        }
    }

    private ObjectNode object() {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            if (unique && object.has(name)) {
                throw new DuplicateName(name, parser.currentTokenLocation());
            }
            parser.nextToken();
            object.set(name, tree());
        }
        return object;
    }

    private ArrayNode array() {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(tree());
        }
        return array;
    }
}
