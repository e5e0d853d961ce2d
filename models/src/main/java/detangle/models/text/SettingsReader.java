package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import detangle.models.text.TokenizerSettings.Stated;
import detangle.models.text.encoder.AddedToken;
import detangle.models.text.encoder.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * Reads {@link TokenizerSettings} as transformers 4 does (tokenization_utils_base.py): where tokenizer_config.json has
 * {@code added_tokens_decoder}, it says all; otherwise special_tokens_map.json goes before it, and added_tokens.json
 * has the tokens and their ids. Fields that are not known are passed by, as they are many.
 */
final class SettingsReader {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsReader.class);
    private static final List<String> ROLES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private SettingsReader() {}

    /** Throws a {@link TokenizerException} if one of the files is damaged, or if two of them contradict each other. */
    static TokenizerSettings read(ModelFiles files, Function<String, Optional<ModelFile>> find) {
        Settings config = settings(files, TokenizerSettings.CONFIG, find);
        Settings map = settings(files, TokenizerSettings.SPECIAL_TOKENS, find);
        Settings ids = settings(files, TokenizerSettings.ADDED_TOKENS, find);
        boolean complete = config.has("added_tokens_decoder");
        Settings first = complete ? config : map;
        Settings second = complete ? map : config;

        Map<String, AddedToken> special = new LinkedHashMap<>();
        Map<String, String> roles = new LinkedHashMap<>();
        for (String role : ROLES) {
            first.token(role).or(() -> second.token(role)).ifPresent(token -> {
                roles.put(role, token.content());
                special.putIfAbsent(token.content(), token);
            });
        }
        for (Settings settings : List.of(first, second)) {
            settings.tokens("additional_special_tokens").forEach(t -> special.putIfAbsent(t.content(), t));
            settings.tokens("extra_special_tokens").forEach(t -> special.putIfAbsent(t.content(), t));
        }
        return new TokenizerSettings(
                config.flag("do_lower_case"),
                config.flag("split_by_punct"),
                config.flag("add_prefix_space"),
                config.flag("strip_accents"),
                config.flag("tokenize_chinese_chars"),
                config.maxLength(),
                config.text("tokenizer_class"),
                roles,
                added(config, ids, special),
                List.copyOf(special.values()));
    }

    private static Settings settings(ModelFiles files, String name, Function<String, Optional<ModelFile>> find) {
        Optional<ModelFile> file = find.apply(name);
        if (file.isEmpty()) {
            return new Settings(files.path(name), Optional.empty());
        }
        try {
            JsonNode root = PythonJson.parse(file.get().content());
            if (!root.isObject()) {
                throw new TokenizerException(file.get().path(), "it is not a JSON object");
            }
            return new Settings(file.get().path(), Optional.of(root));
        } catch (StrictJson.InvalidJson e) {
            throw new TokenizerException(file.get().path(), e.getMessage(), e);
        }
    }

    /** Returns the tokens whose ids are stated, in the order of their ids. */
    private static List<Stated> added(Settings config, Settings ids, Map<String, AddedToken> special) {
        Map<String, Stated> tokens = new LinkedHashMap<>();
        Map<Integer, Stated> byId = new LinkedHashMap<>();
        JsonNode decoder = config.node("added_tokens_decoder");
        if (config.has("added_tokens_decoder") && !decoder.isObject()) {
            throw config.fault("added_tokens_decoder is not an object from id to token");
        }
        decoder.properties().forEach(entry -> {
            int id = id(config, entry.getKey(), "added_tokens_decoder has the id ");
            AddedToken token = config.token(entry.getValue(), "added_tokens_decoder[" + entry.getKey() + "]", false);
            add(new Stated(token.withId(id), TokenizerSettings.CONFIG), tokens, byId, config);
        });
        for (String content : ids.names()) {
            JsonNode id = ids.node(content);
            AddedToken known = special.get(content);
            AddedToken token =
                    known != null ? known : new AddedToken(ids.checked(content), 0, false, true, false, false, false);
            add(
                    new Stated(
                            token.withId(id(ids, id.toString(), "gives " + JsonComponent.quoted(content) + " the id ")),
                            TokenizerSettings.ADDED_TOKENS),
                    tokens,
                    byId,
                    ids);
        }
        List<Stated> sorted = new ArrayList<>(tokens.values());
        sorted.sort(Comparator.comparingInt(s -> s.token().id()));
        return sorted;
    }

    private static void add(Stated stated, Map<String, Stated> tokens, Map<Integer, Stated> byId, Settings settings) {
        Stated same = tokens.putIfAbsent(stated.token().content(), stated);
        Stated other = same == null ? byId.putIfAbsent(stated.token().id(), stated) : same;
        if (other != null
                && !(same != null && same.token().id() == stated.token().id())) {
            throw settings.fault("gives " + JsonComponent.quoted(stated.token().content()) + " the id "
                    + stated.token().id() + ", where " + other.file() + " has "
                    + JsonComponent.quoted(other.token().content()) + " with the id "
                    + other.token().id());
        }
    }

    private static int id(Settings settings, String id, String fault) {
        if (!id.matches("[0-9]{1,7}") || Integer.parseInt(id) > Vocabulary.MAX_ID) {
            throw settings.fault(
                    fault + JsonComponent.quoted(id) + "; ids are whole numbers up to " + Vocabulary.MAX_ID);
        }
        return Integer.parseInt(id);
    }

    /** One of the files, if it is there. */
    private record Settings(Path file, Optional<JsonNode> root) {
        TokenizerException fault(String fault) {
            return new TokenizerException(file, fault);
        }

        JsonNode node(String name) {
            return root.map(r -> r.path(name)).orElseGet(MissingNode::getInstance);
        }

        boolean has(String name) {
            JsonNode value = node(name);
            return !value.isMissingNode() && !value.isNull();
        }

        List<String> names() {
            return root.map(r -> List.copyOf(r.propertyNames())).orElse(List.of());
        }

        Optional<Boolean> flag(String name) {
            if (!has(name)) {
                return Optional.empty();
            }
            if (!node(name).isBoolean()) {
                throw fault(name + " is not true or false");
            }
            return Optional.of(node(name).booleanValue());
        }

        Optional<String> text(String name) {
            if (!has(name)) {
                return Optional.empty();
            }
            if (!node(name).isString()) {
                throw fault(name + " is not a text");
            }
            return Optional.of(node(name).stringValue());
        }

        /**
         * HuggingFace writes 1e30 where there is no bound, others write 0 or -1; older files call it max_len, and some
         * have the number as a text.
         */
        OptionalInt maxLength() {
            String name = has("model_max_length") ? "model_max_length" : "max_len";
            if (!has(name)) {
                return OptionalInt.empty();
            }
            JsonNode value = node(name);
            boolean text = value.isString() && value.stringValue().strip().matches("-?[0-9]{1,9}");
            if (!text && !value.isNumber()) {
                LOG.warn(
                        "{} in {} is ignored: {} is not a number of tokens",
                        name,
                        file,
                        JsonComponent.quoted(value.toString()));
                return OptionalInt.empty();
            }
            double length = text ? Integer.parseInt(value.stringValue().strip()) : PythonJson.number(value);
            return length >= 1 && length <= Integer.MAX_VALUE ? OptionalInt.of((int) length) : OptionalInt.empty();
        }

        Optional<AddedToken> token(String role) {
            return has(role) ? Optional.of(token(node(role), role, true)) : Optional.empty();
        }

        /** Returns those of an array, or of an object from role to token. */
        List<AddedToken> tokens(String name) {
            JsonNode all = node(name);
            if (has(name) && !all.isArray() && !all.isObject()) {
                throw fault(name + " is not an array of tokens");
            }
            List<AddedToken> tokens = new ArrayList<>();
            for (JsonNode token : all) {
                tokens.add(token(token, name + "[" + tokens.size() + "]", true));
            }
            return tokens;
        }

        /** Returns a token that is written as a text, or as an object. */
        AddedToken token(JsonNode token, String where, boolean special) {
            if (token.isString()) {
                return AddedToken.special(checked(token.stringValue()), 0);
            }
            if (!token.isObject() || !token.path("content").isString()) {
                throw fault(where + " is not a token");
            }
            boolean isSpecial = special || flag(token, where, "special", false);
            return new AddedToken(
                    checked(token.path("content").stringValue()),
                    0,
                    isSpecial,
                    flag(token, where, "normalized", !isSpecial),
                    flag(token, where, "lstrip", false),
                    flag(token, where, "rstrip", false),
                    flag(token, where, "single_word", false));
        }

        private boolean flag(JsonNode token, String where, String name, boolean otherwise) {
            JsonNode value = token.path(name);
            if (value.isMissingNode() || value.isNull()) {
                return otherwise;
            }
            if (!value.isBoolean()) {
                throw fault(where + "." + name + " is not true or false");
            }
            return value.booleanValue();
        }

        String checked(String content) {
            if (content.isEmpty() || content.length() > TokenizerJson.MAX_TOKEN) {
                throw fault("has a token of " + content.length() + " characters; 1 to " + TokenizerJson.MAX_TOKEN
                        + " are taken");
            }
            return content;
        }
    }
}
