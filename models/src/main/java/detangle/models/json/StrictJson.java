package detangle.models.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON as the RFC has it: UTF-8, one value, no name twice in an object. */
public final class StrictJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private StrictJson() {}

    /** What is wrong with a text that should have been JSON, in one line. */
    public static final class InvalidJson extends Exception {
        private static final long serialVersionUID = 1L;

        private InvalidJson(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The value that the bytes spell. */
    public static JsonNode parse(ByteBuffer utf8) throws InvalidJson {
        // Decoded here because the parser would take other encodings, and guess which.
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(utf8.duplicate()).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidJson("not valid UTF-8", e);
        }
        if (text.isBlank()) {
            throw new InvalidJson("not JSON: empty", null);
        }
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new InvalidJson(
                    "not valid JSON: "
                            + e.getOriginalMessage().lines().findFirst().orElse("") + at(e),
                    e);
        }
    }

    private static String at(JacksonException e) {
        return e.getLocation() == null
                ? ""
                : " (line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ")";
    }
}
