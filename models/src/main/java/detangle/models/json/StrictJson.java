package detangle.models.json;

import java.nio.ByteBuffer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;

/**
 * JSON as the RFC has it: UTF-8, one value, no name twice in an object. For files whose readers elsewhere are as
 * strict, such as headers of safetensors; {@link PythonJson} is for the others.
 */
public final class StrictJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private StrictJson() {}

    /** A text that should have been JSON is not; the message says what is wrong in one line. */
    public static final class InvalidJson extends Exception {
        private static final long serialVersionUID = 1L;

        InvalidJson(String message) {
            super(message);
        }

        InvalidJson(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Returns the value that the bytes spell. */
    public static JsonNode parse(ByteBuffer utf8) throws InvalidJson {
        return JsonTrees.parse(FACTORY, utf8, true);
    }

    /** Returns the value at a parser's token, up to its end. How deep values nest, the parser bounds. */
    public static JsonNode tree(JsonParser parser) {
        return JsonTrees.tree(parser, false);
    }

    /**
     * Returns what a parser found wrong, in one line of our own words: "not valid JSON: it ends too early (line 1,
     * column 2)".
     */
    public static String fault(JacksonException e) {
        return JsonTrees.fault(e);
    }
}
