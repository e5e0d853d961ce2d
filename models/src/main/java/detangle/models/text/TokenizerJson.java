package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.json.StrictJson;
import detangle.models.text.encoder.AddedToken;
import detangle.models.text.encoder.Decoder;
import detangle.models.text.encoder.Model;
import detangle.models.text.encoder.Normalizer;
import detangle.models.text.encoder.PostProcessor;
import detangle.models.text.encoder.PreTokenizer;
import detangle.models.text.encoder.TokenizerDescription;
import detangle.models.text.encoder.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;

/** Reads a tokenizer.json in one pass, without a tree of its vocabulary, as large ones take megabytes. */
final class TokenizerJson {
    private static final Logger LOG = LoggerFactory.getLogger(TokenizerJson.class);
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** The greatest length of an added token, in UTF-16 units. */
    static final int MAX_TOKEN = 1000;

    /** The number of tokens that a warning names. */
    private static final int NAMED_TOKENS = 4;

    private final Path file;
    private final JsonParser parser;
    private final List<AddedToken> addedTokens = new ArrayList<>();
    private Optional<Normalizer> normalizer = Optional.empty();
    private Optional<PreTokenizer> preTokenizer = Optional.empty();
    private Optional<Decoder> decoder = Optional.empty();
    private PostProcessor postProcessor = PostProcessor.NONE;
    private Optional<Model> model = Optional.empty();
    private Optional<String> padToken = Optional.empty();

    private TokenizerJson(Path file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /** Throws a {@link TokenizerException} if the file does not describe a tokenizer such as DeBERTa's have. */
    static TokenizerDescription read(ModelFile tokenizer) {
        Path file = tokenizer.path();
        byte[] content = tokenizer.content();
        int first = content.length > 2
                        && content[0] == (byte) 0xef
                        && content[1] == (byte) 0xbb
                        && content[2] == (byte) 0xbf
                ? 3
                : 0;
        while (first < content.length && content[first] <= ' ' && content[first] > 0) {
            first++;
        }
        // Whatever begins otherwise, the parser would take for another encoding, or for another kind of value.
        if (first == content.length || content[first] != '{' || first + 1 < content.length && content[first + 1] == 0) {
            throw new TokenizerException(file, "it is not a JSON object");
        }
        try (JsonParser parser =
                FACTORY.createParser(ObjectReadContext.empty(), content, first, content.length - first)) {
            TokenizerJson json = new TokenizerJson(file, parser);
            parser.nextToken();
            json.root();
            if (parser.nextToken() != null) {
                throw new TokenizerException(file, "not valid JSON: something follows its end");
            }
            return json.description();
        } catch (JacksonException e) {
            throw new TokenizerException(file, isUtf8(tokenizer) ? StrictJson.fault(e) : "it is not UTF-8", e);
        }
    }

    private static boolean isUtf8(ModelFile file) {
        try {
            return !file.text().isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    private void root() {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            boolean none = value == JsonToken.VALUE_NULL;
            switch (name) {
                case "added_tokens" -> addedTokens(value);
                case "normalizer" -> {
                    JsonNode tree = StrictJson.tree(parser);
                    normalizer = none ? normalizer : Optional.of(JsonComponents.normalizer(component(name, tree)));
                }
                case "pre_tokenizer" -> {
                    JsonNode tree = StrictJson.tree(parser);
                    preTokenizer =
                            none ? preTokenizer : Optional.of(JsonComponents.preTokenizer(component(name, tree)));
                }
                case "post_processor" -> {
                    JsonNode tree = StrictJson.tree(parser);
                    postProcessor = none ? postProcessor : JsonPostProcessor.read(component(name, tree));
                }
                case "decoder" -> {
                    JsonNode tree = StrictJson.tree(parser);
                    decoder = none ? decoder : Optional.of(JsonComponents.decoder(component(name, tree)));
                }
                case "padding" ->
                    padToken = Optional.of(StrictJson.tree(parser).path("pad_token"))
                            .filter(JsonNode::isString)
                            .map(JsonNode::stringValue);
                case "model" -> model = Optional.of(JsonModel.read(file, parser));
                // What is said of truncation is left out, and other fields are not part of a tokenizer.
                default -> parser.skipChildren();
            }
        }
    }

    private JsonComponent component(String name, JsonNode tree) {
        return JsonComponent.of(file, name, tree);
    }

    private void addedTokens(JsonToken value) {
        if (value != JsonToken.START_ARRAY) {
            throw new TokenizerException(file, "added_tokens is not an array");
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            JsonNode token = StrictJson.tree(parser);
            JsonNode id = token.path("id");
            JsonNode content = token.path("content");
            String fault = "added_tokens[" + addedTokens.size() + "] ";
            if (!id.isIntegralNumber()
                    || !content.isString()
                    || content.stringValue().isEmpty()) {
                throw new TokenizerException(file, fault + "is a token without id or content");
            }
            if (!id.isInt() || id.intValue() < 0 || id.intValue() > Vocabulary.MAX_ID) {
                throw new TokenizerException(
                        file, fault + "has the id " + id + "; ids are whole numbers up to " + Vocabulary.MAX_ID);
            }
            JsonComponent fields = component(fault.trim(), token);
            fields.with("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            addedTokens.add(new AddedToken(
                    fields.text("content"),
                    id.intValue(),
                    fields.flag("special", false),
                    fields.flag("normalized", true),
                    fields.flag("lstrip", false),
                    fields.flag("rstrip", false),
                    fields.flag("single_word", false)));
        }
    }

    private TokenizerDescription description() {
        if (model.isEmpty()) {
            throw new TokenizerException(file, "it has no model");
        }
        return new TokenizerDescription(
                file, resolved(model.get()), normalizer, preTokenizer, model.get(), postProcessor, decoder, padToken);
    }

    /**
     * Returns the added tokens with the ids that the library gives them, whatever the file says: that of the model's
     * token of that name, or else the next one.
     */
    private List<AddedToken> resolved(Model vocabulary) {
        Map<String, AddedToken> tokens = new LinkedHashMap<>();
        List<String> others = new ArrayList<>();
        int next = vocabulary.size();
        for (AddedToken token : addedTokens) {
            OptionalInt known = vocabulary.vocabulary().find(token.content());
            int id = known.orElse(next);
            AddedToken before = tokens.putIfAbsent(token.content(), token.withId(id));
            if (before != null) {
                if (!before.withId(token.id()).equals(token)) {
                    throw new TokenizerException(
                            file, "added_tokens has " + JsonComponent.quoted(token.content()) + " twice");
                }
                continue;
            }
            next = Math.max(next, id + 1);
            if (id != token.id()) {
                others.add(JsonComponent.quoted(token.content()) + " " + id + " instead of " + token.id());
            }
        }
        if (!others.isEmpty()) {
            LOG.warn(
                    "{}: {} added tokens have other ids than it says, as the vocabulary goes before: {}{}",
                    file,
                    others.size(),
                    String.join(", ", others.subList(0, Math.min(others.size(), NAMED_TOKENS))),
                    others.size() > NAMED_TOKENS ? ", ..." : "");
        }
        return List.copyOf(tokens.values());
    }
}
