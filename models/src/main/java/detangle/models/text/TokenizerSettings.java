package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import java.nio.file.Path;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * What a tokenizer_config.json says of a tokenizer whose vocabulary stands in another file.
 *
 * @param doLowerCase lower the text's case first
 * @param splitByPunct make every punctuation character a word of its own
 * @param modelMaxLength the most tokens that the model takes, special ones included; empty where no bound is stated
 */
record TokenizerSettings(boolean doLowerCase, boolean splitByPunct, OptionalInt modelMaxLength) {
    static final String CONFIG = "tokenizer_config.json";

    /** Nothing is said, as of every released DeBERTa. */
    static final TokenizerSettings NONE = new TokenizerSettings(false, false, OptionalInt.empty());

    /** Those of a {@link #CONFIG}. */
    static TokenizerSettings of(ModelFile file) {
        Path config = file.path();
        try {
            JsonNode root = PythonJson.parse(file.content());
            return new TokenizerSettings(
                    flag(config, root, "do_lower_case"),
                    flag(config, root, "split_by_punct"),
                    modelMaxLength(config, root));
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

    /** HuggingFace writes 1e30 where there is no bound; older files call it max_len. */
    private static OptionalInt modelMaxLength(Path config, JsonNode root) {
        String name = root.has("model_max_length") ? "model_max_length" : "max_len";
        JsonNode value = root.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalInt.empty();
        }
        if (!value.isNumber() || value.doubleValue() < 1) {
            throw new TokenizerException(config, name + " is not a number of tokens");
        }
        double length = value.doubleValue();
        return length > Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of((int) length);
    }
}
