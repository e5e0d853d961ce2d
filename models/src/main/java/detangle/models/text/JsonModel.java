package detangle.models.text;

import detangle.models.text.encoder.ByteTokens;
import detangle.models.text.encoder.Model;
import detangle.models.text.encoder.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The {@code model} of a tokenizer.json, whose fields may come in any order. */
final class JsonModel {
    private static final Set<String> UNIGRAM = Set.of("type", "vocab", "unk_id", "byte_fallback");
    private static final Set<String> BPE = Set.of(
            "type",
            "vocab",
            "merges",
            "dropout",
            "unk_token",
            "continuing_subword_prefix",
            "end_of_word_suffix",
            "fuse_unk",
            "byte_fallback",
            "ignore_merges");
    private static final Set<String> WORD_PIECE =
            Set.of("type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word");

    private final Path file;
    private final JsonParser parser;
    private final Map<String, Object> fields = new HashMap<>();
    private final Vocabulary.Builder vocabulary;
    private final List<String> merges = new ArrayList<>();
    private double[] scores = new double[1 << 10];
    private int pieces;
    private boolean hasVocabulary;
    private boolean hasScores;

    private JsonModel(Path file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
        this.vocabulary = new Vocabulary.Builder(file);
    }

    /** Reads the object that the parser is at. */
    static Model read(Path file, JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new TokenizerException(file, "model is not an object");
        }
        JsonModel model = new JsonModel(file, parser);
        model.fields();
        return model.model();
    }

    private void fields() {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "vocab" -> vocabulary(value);
                case "merges" -> merges(value);
                default -> fields.put(name, scalar(name, value));
            }
        }
    }

    private Object scalar(String name, JsonToken value) {
        return switch (value) {
            case VALUE_STRING -> parser.getString();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_NULL -> Optional.empty();
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? (Object) parser.getDoubleValue()
                        : (Object) parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            default -> throw fault("has a field " + JsonComponent.quoted(name) + ", which is not known");
        };
    }

    private TokenizerException fault(String fault) {
        return new TokenizerException(file, "model " + fault);
    }

    /** An array of [piece, score], or an object from token to id. */
    private void vocabulary(JsonToken first) {
        hasVocabulary = true;
        if (first == JsonToken.START_ARRAY) {
            hasScores = true;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                piece();
            }
        } else if (first == JsonToken.START_OBJECT) {
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String token = parser.currentName();
                boolean number = parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
                if (!number
                        || parser.getNumberType() != JsonParser.NumberType.INT
                        || parser.getIntValue() < 0
                        || parser.getIntValue() > Vocabulary.MAX_ID) {
                    throw fault("has in its vocab " + JsonComponent.quoted(token)
                            + " without an id; ids are whole numbers up to " + Vocabulary.MAX_ID);
                }
                checkLength(token.length());
                vocabulary.add(token, parser.getIntValue());
            }
        } else {
            throw fault("has a vocab that is neither an array nor an object");
        }
    }

    private void piece() {
        if (parser.currentToken() != JsonToken.START_ARRAY || parser.nextToken() != JsonToken.VALUE_STRING) {
            throw pieceFault("is not a piece and its score");
        }
        char[] characters = parser.getStringCharacters();
        int length = parser.getStringLength();
        checkLength(length);
        if (pieces > Vocabulary.MAX_ID) {
            throw fault("has a vocab of more than " + (Vocabulary.MAX_ID + 1) + " pieces");
        }
        vocabulary.add(characters, parser.getStringOffset(), length, pieces);
        JsonToken score = parser.nextToken();
        if (score != JsonToken.VALUE_NUMBER_FLOAT && score != JsonToken.VALUE_NUMBER_INT) {
            throw pieceFault("has no score");
        }
        if (pieces == scores.length) {
            scores = Arrays.copyOf(scores, 2 * pieces);
        }
        scores[pieces] =
                LibraryNumbers.parse(parser.getStringCharacters(), parser.getStringOffset(), parser.getStringLength());
        // Not as large as a double can be either, as the scores of a text are added.
        if (!Float.isFinite((float) scores[pieces])) {
            throw pieceFault("has no score that 32 bits hold");
        }
        if (parser.nextToken() != JsonToken.END_ARRAY) {
            throw pieceFault("is not a piece and its score");
        }
        pieces++;
    }

    private TokenizerException pieceFault(String fault) {
        return new TokenizerException(file, "model.vocab[" + pieces + "] " + fault);
    }

    private void checkLength(int length) {
        if (length == 0 || length > Vocabulary.MAX_LENGTH) {
            throw fault("has in its vocab a token of " + length + " characters; 1 to " + Vocabulary.MAX_LENGTH
                    + " are taken");
        }
    }

    /** Reads the left and the right token of each merge: written in an array, or in one text. */
    private void merges(JsonToken first) {
        if (first != JsonToken.START_ARRAY) {
            throw fault("has merges that are not an array");
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (merges.size() / 2 == ByteLevelBpe.MAX_LINES) {
                throw fault("has more than " + ByteLevelBpe.MAX_LINES + " merges, which is the most that is read");
            }
            if (parser.currentToken() == JsonToken.START_ARRAY) {
                for (int i = 0; i < 2; i++) {
                    if (parser.nextToken() != JsonToken.VALUE_STRING) {
                        throw mergeFault();
                    }
                    merges.add(parser.getString());
                }
                if (parser.nextToken() != JsonToken.END_ARRAY) {
                    throw mergeFault();
                }
            } else if (parser.currentToken() == JsonToken.VALUE_STRING) {
                String merge = parser.getString();
                int space = merge.indexOf(' ');
                if (merge.startsWith("#version")) {
                    continue;
                }
                if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                    throw mergeFault();
                }
                merges.add(merge.substring(0, space));
                merges.add(merge.substring(space + 1));
            } else {
                throw mergeFault();
            }
        }
    }

    private TokenizerException mergeFault() {
        return new TokenizerException(file, "model.merges[" + merges.size() / 2 + "] is not a pair of tokens");
    }

    private Model model() {
        if (!hasVocabulary) {
            throw fault("has no vocab");
        }
        String type = text("type")
                .orElseGet(() ->
                        hasScores ? "Unigram" : fields.containsKey("max_input_chars_per_word") ? "WordPiece" : "BPE");
        Vocabulary tokens = vocabulary.build();
        if (tokens.size() == 0) {
            throw fault("has an empty vocab");
        }
        return switch (type) {
            case "Unigram" -> {
                check(type, UNIGRAM, true);
                yield unigram(tokens);
            }
            case "BPE" -> {
                check(type, BPE, false);
                yield bpe(tokens);
            }
            case "WordPiece" -> {
                check(type, WORD_PIECE, false);
                yield wordPiece(tokens);
            }
            default ->
                throw fault("is of type " + JsonComponent.quoted(type) + "; DeBERTa's are Unigram, BPE, WordPiece");
        };
    }

    private void check(String type, Set<String> known, boolean scored) {
        for (String name : fields.keySet()) {
            if (!known.contains(name)) {
                throw fault("has a field " + JsonComponent.quoted(name) + ", which is not known (" + type + ")");
            }
        }
        if (!merges.isEmpty() && !known.contains("merges")) {
            throw fault("has merges (" + type + ")");
        }
        if (hasScores != scored) {
            throw fault("has a vocab " + (hasScores ? "with" : "without") + " scores (" + type + ")");
        }
    }

    private Model unigram(Vocabulary tokens) {
        Optional<Long> unknown = count("unk_id");
        if (unknown.filter(id -> id >= pieces).isPresent()) {
            throw fault("has the unk_id " + unknown.get() + ", but " + pieces + " pieces");
        }
        return new Model.Unigram(
                tokens,
                Arrays.copyOf(scores, pieces),
                unknown.map(id -> OptionalInt.of(id.intValue())).orElse(OptionalInt.empty()),
                flag("byte_fallback"));
    }

    private Model bpe(Vocabulary tokens) {
        Object dropout = fields.getOrDefault("dropout", Optional.empty());
        if (!dropout.equals(Optional.empty()) && !dropout.equals(0L) && !dropout.equals(0.0)) {
            throw fault("has a dropout, by which the same text would be encoded otherwise each time");
        }
        String prefix = text("continuing_subword_prefix").orElse("");
        String suffix = text("end_of_word_suffix").orElse("");
        boolean bytes = flag("byte_fallback");
        if (bytes && !(prefix.isEmpty() && suffix.isEmpty())) {
            throw fault("has byte_fallback beside a prefix or a suffix of words, which is not supported");
        }
        Optional<String> unknown = text("unk_token");
        unknown.ifPresent(token -> requireUnknown(tokens, token));
        return new Model.Bpe(
                tokens,
                BpeMerges.of(file, tokens, merges, prefix),
                unknown,
                flag("fuse_unk"),
                ByteTokens.of(tokens, bytes),
                prefix,
                suffix,
                flag("ignore_merges"));
    }

    private Model wordPiece(Vocabulary tokens) {
        String unknown = text("unk_token").orElseThrow(() -> fault("needs unk_token (WordPiece)"));
        requireUnknown(tokens, unknown);
        return new Model.WordPiece(
                tokens,
                unknown,
                text("continuing_subword_prefix")
                        .orElseThrow(() -> fault("needs continuing_subword_prefix (WordPiece)")),
                count("max_input_chars_per_word")
                        .orElseThrow(() -> fault("needs max_input_chars_per_word (WordPiece)")));
    }

    private void requireUnknown(Vocabulary tokens, String unknown) {
        if (tokens.find(unknown).isEmpty()) {
            throw fault("has the unk_token " + JsonComponent.quoted(unknown) + ", which its vocab lacks");
        }
    }

    private Optional<String> text(String name) {
        Object value = fields.getOrDefault(name, Optional.empty());
        if (value.equals(Optional.empty())) {
            return Optional.empty();
        }
        if (!(value instanceof String text) || text.length() > JsonComponent.MAX_TEXT) {
            throw fault("has a " + name + " that is not a text");
        }
        return Optional.of(text);
    }

    private boolean flag(String name) {
        Object value = fields.getOrDefault(name, Optional.empty());
        if (value.equals(Optional.empty())) {
            return false;
        }
        if (!(value instanceof Boolean flag)) {
            throw fault("has a " + name + " that is neither true nor false");
        }
        return flag;
    }

    private Optional<Long> count(String name) {
        Object value = fields.getOrDefault(name, Optional.empty());
        if (value.equals(Optional.empty())) {
            return Optional.empty();
        }
        if (!(value instanceof Long count) || count < 0) {
            throw fault("has a " + name + " that is not a whole number, or negative");
        }
        return Optional.of(count);
    }
}
