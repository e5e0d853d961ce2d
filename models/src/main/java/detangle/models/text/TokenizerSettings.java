package detangle.models.text;

import detangle.models.text.encoder.AddedToken;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The settings beside a tokenizer's vocabulary: tokenizer_config.json, special_tokens_map.json and added_tokens.json,
 * read by {@link SettingsReader}. What they do not say is empty.
 *
 * @param doLowerCase lower the text's case first
 * @param splitByPunct make every punctuation character a word of its own
 * @param addPrefixSpace put a space before a text
 * @param stripAccents remove accents
 * @param tokenizeChineseChars make every Chinese character a word of its own
 * @param modelMaxLength the most tokens that the model takes, special ones included
 * @param tokenizerClass the class of transformers that wrote them
 * @param roles which token has which role, such as {@code pad_token}
 * @param added tokens with the ids that are stated for them
 * @param special tokens that are to be there, with whatever id they get; those of the roles among them
 */
record TokenizerSettings(
        Optional<Boolean> doLowerCase,
        Optional<Boolean> splitByPunct,
        Optional<Boolean> addPrefixSpace,
        Optional<Boolean> stripAccents,
        Optional<Boolean> tokenizeChineseChars,
        OptionalInt modelMaxLength,
        Optional<String> tokenizerClass,
        Map<String, String> roles,
        List<Stated> added,
        List<AddedToken> special) {
    static final String CONFIG = "tokenizer_config.json";
    static final String SPECIAL_TOKENS = "special_tokens_map.json";
    static final String ADDED_TOKENS = "added_tokens.json";

    /** A token and the file that states its id. */
    record Stated(AddedToken token, String file) {}

    TokenizerSettings {
        roles = Map.copyOf(roles);
        added = List.copyOf(added);
        special = List.copyOf(special);
    }

    /** Returns the name of the token of a role, such as {@code pad_token}. */
    String role(String role, String otherwise) {
        return roles.getOrDefault(role, otherwise);
    }
}
