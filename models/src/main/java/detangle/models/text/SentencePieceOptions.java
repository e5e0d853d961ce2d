package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.json.StrictJson;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/**
 * What a tokenizer_config.json adds to a SentencePiece model.
 *
 * @param doLowerCase lower the text's case first
 * @param splitByPunct make every punctuation character a word of its own
 */
record SentencePieceOptions(boolean doLowerCase, boolean splitByPunct) {
    static final String CONFIG = "tokenizer_config.json";

    /** Both off, as in every released DeBERTa. */
    static final SentencePieceOptions NONE = new SentencePieceOptions(false, false);

    /** Those of a {@link #CONFIG}. */
    static SentencePieceOptions of(ModelFile file) {
        Path config = file.path();
        try {
            JsonNode root = StrictJson.parse(ByteBuffer.wrap(file.content()));
            return new SentencePieceOptions(flag(config, root, "do_lower_case"), flag(config, root, "split_by_punct"));
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
