package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import detangle.models.text.encoder.AddedToken;
import detangle.models.text.encoder.ByteTokens;
import detangle.models.text.encoder.Decoder;
import detangle.models.text.encoder.Model;
import detangle.models.text.encoder.PostProcessor;
import detangle.models.text.encoder.PreTokenizer;
import detangle.models.text.encoder.TokenizerDescription;
import detangle.models.text.encoder.Vocabulary;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The byte-level BPE of v1, which is GPT-2's with other ids: a vocabulary and merges, turned into a tokenizer as
 * DebertaConverter of transformers 4 (convert_slow_tokenizer.py) makes it.
 *
 * @param origin for messages
 * @param vocabulary id by token
 * @param merges in the order of their rank, of each the left and the right token
 */
record ByteLevelBpe(Path origin, Map<String, Integer> vocabulary, List<String> merges) {
    /** Twice as many as the largest vocabulary of a released DeBERTa has tokens; merges are fewer. */
    static final int MAX_LINES = 1 << 19;

    /** Reads {@code vocab.json} and {@code merges.txt}. */
    static ByteLevelBpe read(ModelFile vocabularyFile, ModelFile merges) {
        Path vocabulary = vocabularyFile.path();
        Map<String, Integer> ids = new LinkedHashMap<>();
        JsonNode root;
        try {
            root = PythonJson.parse(vocabularyFile.content());
        } catch (StrictJson.InvalidJson e) {
            throw new TokenizerException(vocabulary, e.getMessage(), e);
        }
        if (!root.isObject()) {
            throw new TokenizerException(vocabulary, "not an object from token to id");
        }
        root.properties().forEach(token -> {
            if (!token.getValue().isInt() || token.getValue().intValue() < 0) {
                throw new TokenizerException(
                        vocabulary,
                        "the token '" + token.getKey() + "' has the id " + token.getValue()
                                + "; ids are whole numbers from 0");
            }
            ids.put(token.getKey(), token.getValue().intValue());
        });
        return new ByteLevelBpe(vocabulary, ids, merges(merges.path(), lines(merges)));
    }

    static List<String> lines(ModelFile file) {
        try {
            String text = file.text();
            return lines(file.path(), text.startsWith("\uFEFF") ? text.substring(1) : text);
        } catch (CharacterCodingException e) {
            throw new TokenizerException(file.path(), "not valid UTF-8", e);
        }
    }

    /**
     * Returns the lines of a text in a file.
     *
     * @throws TokenizerException if there are more than any vocabulary has
     */
    static List<String> lines(Path file, String text) {
        List<String> lines = text.lines().limit(MAX_LINES + 1L).toList();
        if (lines.size() > MAX_LINES) {
            throw new TokenizerException(
                    file, "it has more than " + MAX_LINES + " lines, which is the most that is read");
        }
        return lines;
    }

    /** Returns the merges of a file's lines, of which the first may state a version. */
    static List<String> merges(Path file, List<String> lines) {
        List<String> merges = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || i == 0 && line.startsWith("#version")) {
                continue;
            }
            int space = line.indexOf(' ');
            if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
                throw new TokenizerException(file, "line " + (i + 1) + " is not a merge of two tokens");
            }
            merges.add(line.substring(0, space));
            merges.add(line.substring(space + 1));
        }
        return merges;
    }

    /** Returns the id of a token that every DeBERTa has. */
    int require(String token) {
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw new TokenizerException(origin, SpecialTokens.absent("token", token));
        }
        return id;
    }

    /** HuggingFace's: special tokens are recognised in a text, and [MASK] takes the spaces before it. */
    TokenizerDescription description(TokenizerSettings settings) {
        JsonSettings.ignored(settings.doLowerCase(), "do_lower_case");
        JsonSettings.ignored(settings.splitByPunct(), "split_by_punct");
        String cls = settings.role("cls_token", SpecialTokens.CLS);
        String sep = settings.role("sep_token", SpecialTokens.SEP);
        String mask = settings.role("mask_token", SpecialTokens.MASK);
        List<AddedToken> added = new ArrayList<>();
        for (String token : new LinkedHashSet<>(List.of(
                settings.role("pad_token", SpecialTokens.PAD),
                cls,
                sep,
                settings.role("unk_token", SpecialTokens.UNK),
                mask))) {
            Integer id = vocabulary.get(token);
            if (id != null) {
                added.add(new AddedToken(token, id, true, false, token.equals(mask), false, false));
            }
        }
        return description(cls, sep, added, settings.addPrefixSpace().orElse(false));
    }

    /** microsoft's: nothing in a text is special. */
    TokenizerDescription description() {
        return description(SpecialTokens.CLS, SpecialTokens.SEP, List.of(), false);
    }

    private TokenizerDescription description(String cls, String sep, List<AddedToken> added, boolean addPrefixSpace) {
        int clsId = require(cls);
        int sepId = require(sep);
        return new TokenizerDescription(
                origin,
                added,
                Optional.empty(),
                Optional.of(new PreTokenizer.ByteLevel(addPrefixSpace, true)),
                model(),
                PostProcessor.bert(cls, clsId, sep, sepId),
                Optional.of(new Decoder.ByteLevel()),
                Optional.empty());
    }

    private Model model() {
        Vocabulary.Builder builder = new Vocabulary.Builder(origin);
        vocabulary.forEach((token, id) -> {
            if (token.isEmpty() || token.length() > Vocabulary.MAX_LENGTH || id > Vocabulary.MAX_ID) {
                throw new TokenizerException(
                        origin,
                        "has the token " + JsonComponent.quoted(token) + " with the id " + id + "; tokens have 1 to "
                                + Vocabulary.MAX_LENGTH + " characters, and ids up to " + Vocabulary.MAX_ID);
            }
            builder.add(token, id);
        });
        Vocabulary tokens = builder.build();
        return new Model.Bpe(
                tokens,
                BpeMerges.of(origin, tokens, merges, ""),
                Optional.empty(),
                false,
                ByteTokens.of(tokens, false),
                "",
                "",
                false);
    }
}
