package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.json.StrictJson;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;

/**
 * The byte-level BPE of v1, which is GPT-2's with other ids: a vocabulary and merges, turned into a tokenizer.json as
 * DebertaConverter of transformers 4 (convert_slow_tokenizer.py) makes it.
 *
 * @param origin for messages
 * @param vocabulary id by token
 * @param merges in the order of their rank, {@code "a b"} each
 */
record ByteLevelBpe(Path origin, Map<String, Integer> vocabulary, List<String> merges) {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** From {@code vocab.json} and {@code merges.txt}. */
    static ByteLevelBpe read(ModelFile vocabularyFile, ModelFile merges) {
        Path vocabulary = vocabularyFile.path();
        Map<String, Integer> ids = new LinkedHashMap<>();
        JsonNode root;
        try {
            root = StrictJson.parse(ByteBuffer.wrap(vocabularyFile.content()));
        } catch (StrictJson.InvalidJson e) {
            throw new TokenizerException(vocabulary, e.getMessage(), e);
        }
        if (!root.isObject()) {
            throw new TokenizerException(vocabulary, "not an object from token to id");
        }
        root.properties().forEach(token -> {
            if (!token.getValue().isInt() || token.getValue().intValue() < 0) {
                throw new TokenizerException(vocabulary, "the token '" + token.getKey() + "' has no id");
            }
            ids.put(token.getKey(), token.getValue().intValue());
        });
        return new ByteLevelBpe(vocabulary, ids, merges(merges.path(), lines(merges)));
    }

    static List<String> lines(ModelFile file) {
        try {
            return file.text().lines().toList();
        } catch (IOException e) {
            throw new TokenizerException(file.path(), "cannot be read as UTF-8: " + e.getMessage(), e);
        }
    }

    /** The merges of a file's lines, of which the first may state a version. */
    static List<String> merges(Path file, List<String> lines) {
        List<String> merges = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || i == 0 && line.startsWith("#version")) {
                continue;
            }
            int space = line.indexOf(' ');
            if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
                throw new TokenizerException(file, "line " + (i + 1) + " is no merge of two tokens");
            }
            merges.add(line);
        }
        return merges;
    }

    /** The id of a token that every DeBERTa has. */
    int require(String token) {
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw new TokenizerException(origin, "has no token " + token + ", so it is not DeBERTa's");
        }
        return id;
    }

    int vocabSize() {
        return vocabulary.values().stream().mapToInt(id -> id + 1).max().orElse(0);
    }

    /** @param specialsInText whether special tokens are recognised in a text; [MASK] then takes the spaces before it */
    Tokenizer tokenizer(boolean specialsInText, OptionalInt modelMaxLength) {
        // The native library builds its merges from the vocabulary and does not say which is wrong.
        for (String merge : merges) {
            for (String token : List.of(
                    merge.substring(0, merge.indexOf(' ')),
                    merge.substring(merge.indexOf(' ') + 1),
                    merge.replace(" ", ""))) {
                if (!vocabulary.containsKey(token)) {
                    throw new TokenizerException(
                            origin, "has no token '" + token + "', which the merge '" + merge + "' needs");
                }
            }
        }
        return HuggingFaceTokenizer.create(
                origin,
                json(specialsInText),
                vocabSize(),
                require(SpecialTokens.PAD),
                OptionalInt.of(require(SpecialTokens.MASK)),
                modelMaxLength);
    }

    private String json(boolean specialsInText) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeStringProperty("version", "1.0");
            json.writeName("added_tokens").writeStartArray();
            if (specialsInText) {
                for (String token : List.of(
                        SpecialTokens.PAD,
                        SpecialTokens.CLS,
                        SpecialTokens.SEP,
                        SpecialTokens.UNK,
                        SpecialTokens.MASK)) {
                    SpecialTokens.add(json, require(token), token, false, token.equals(SpecialTokens.MASK));
                }
            }
            json.writeEndArray();
            json.writeName("pre_tokenizer").writeStartObject();
            json.writeStringProperty("type", "ByteLevel");
            json.writeBooleanProperty("add_prefix_space", false);
            json.writeBooleanProperty("trim_offsets", true);
            json.writeBooleanProperty("use_regex", true);
            json.writeEndObject();
            json.writeName("post_processor");
            SpecialTokens.template(json, require(SpecialTokens.CLS), require(SpecialTokens.SEP));
            json.writeName("decoder").writeStartObject();
            json.writeStringProperty("type", "ByteLevel");
            json.writeBooleanProperty("add_prefix_space", false);
            json.writeBooleanProperty("trim_offsets", true);
            json.writeBooleanProperty("use_regex", true);
            json.writeEndObject();
            json.writeName("model").writeStartObject();
            json.writeStringProperty("type", "BPE");
            json.writeBooleanProperty("fuse_unk", false);
            json.writeName("vocab").writeStartObject();
            vocabulary.forEach(json::writeNumberProperty);
            json.writeEndObject();
            json.writeName("merges").writeStartArray();
            merges.forEach(json::writeString);
            json.writeEndArray().writeEndObject().writeEndObject();
        }
        return text.toString();
    }
}
