package detangle.models.text;

import detangle.models.json.StrictJson;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;

/** What the native library does not tell about a tokenizer.json; read in one pass, as large ones take megabytes. */
record TokenizerJson(int vocabSize, int padTokenId, OptionalInt maskTokenId) {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** A {@link TokenizerException} if the text is no tokenizer.json of a DeBERTa model. */
    static TokenizerJson scan(Path file, String json) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            Scan scan = new Scan(file, parser);
            scan.root();
            return scan.result();
        } catch (JacksonException e) {
            throw new TokenizerException(file, "not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static final class Scan {
        private final Path file;
        private final JsonParser parser;
        private final Map<String, Integer> addedTokens = new HashMap<>();
        private int vocabSize;

        Scan(Path file, JsonParser parser) {
            this.file = file;
            this.parser = parser;
        }

        void root() {
            expect(parser.nextToken(), JsonToken.START_OBJECT, "it is not a JSON object");
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "added_tokens" -> {
                        expect(value, JsonToken.START_ARRAY, "added_tokens is not an array");
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            addedToken();
                        }
                    }
                    case "normalizer", "post_processor" -> NativeHazards.check(file, StrictJson.tree(parser));
                    case "model" -> {
                        expect(value, JsonToken.START_OBJECT, "model is not an object");
                        model();
                    }
                    default -> parser.skipChildren();
                }
            }
        }

        TokenizerJson result() {
            if (vocabSize == 0) {
                throw new TokenizerException(file, "model.vocab is missing or empty");
            }
            Integer pad = addedTokens.get(SpecialTokens.PAD);
            if (pad == null) {
                throw new TokenizerException(file, "added_tokens has no " + SpecialTokens.PAD);
            }
            int size = addedTokens.values().stream().mapToInt(id -> id + 1).reduce(vocabSize, Math::max);
            Integer mask = addedTokens.get(SpecialTokens.MASK);
            return new TokenizerJson(size, pad, mask == null ? OptionalInt.empty() : OptionalInt.of(mask));
        }

        private void addedToken() {
            JsonNode token = StrictJson.tree(parser);
            JsonNode id = token.path("id");
            JsonNode content = token.path("content");
            if (!id.isInt() || id.intValue() < 0 || !content.isString()) {
                throw new TokenizerException(file, "added_tokens holds a token without id or content");
            }
            addedTokens.put(content.stringValue(), id.intValue());
        }

        private void model() {
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "vocab" -> vocab(value);
                    case "type" -> {
                        String type = value == JsonToken.VALUE_STRING ? parser.getString() : value.toString();
                        if (!type.equals("Unigram") && !type.equals("BPE")) {
                            throw new TokenizerException(
                                    file, "has a model of type " + type + "; DeBERTa's are Unigram and BPE");
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
        }

        /** An array of [piece, score], or an object from token to id. */
        private void vocab(JsonToken first) {
            if (first == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    parser.skipChildren();
                    vocabSize++;
                }
                return;
            }
            expect(first, JsonToken.START_OBJECT, "model.vocab is neither an array nor an object");
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                expect(parser.nextToken(), JsonToken.VALUE_NUMBER_INT, "model.vocab holds an id that is no number");
                vocabSize = Math.max(vocabSize, parser.getIntValue() + 1);
            }
        }

        private void expect(JsonToken found, JsonToken expected, String fault) {
            if (found != expected) {
                throw new TokenizerException(file, fault);
            }
        }
    }
}
