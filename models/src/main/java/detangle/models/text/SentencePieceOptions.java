package detangle.models.text;

import detangle.models.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/**
 * What a tokenizer_config.json adds to a SentencePiece model.
 *
 * @param doLowerCase lower the text's case first
 * @param splitByPunct make every punctuation character a word of its own
 */
record SentencePieceOptions(boolean doLowerCase, boolean splitByPunct) {
    private static final String CONFIG = "tokenizer_config.json";

    /** Those of the file beside the model; both off where there is none, as in every released DeBERTa. */
    static SentencePieceOptions beside(Path model) {
        Path config = model.resolveSibling(CONFIG);
        if (!Files.exists(config)) {
            return new SentencePieceOptions(false, false);
        }
        try {
            JsonNode root = StrictJson.parse(ByteBuffer.wrap(Files.readAllBytes(config)));
            return new SentencePieceOptions(flag(config, root, "do_lower_case"), flag(config, root, "split_by_punct"));
        } catch (IOException e) {
            throw new TokenizerException(config, "cannot be read: " + e.getMessage(), e);
        } catch (StrictJson.InvalidJson e) {
            throw new TokenizerException(config, e.getMessage(), e);
        }
    }

    private static boolean flag(Path config, JsonNode root, String name) {
        JsonNode value = root.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw new TokenizerException(config, name + " is not true or false");
        }
        return value.booleanValue();
    }
}
