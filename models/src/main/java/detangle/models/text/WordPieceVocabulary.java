package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.text.encoder.AddedToken;
import detangle.models.text.encoder.Decoder;
import detangle.models.text.encoder.Model;
import detangle.models.text.encoder.Normalizer;
import detangle.models.text.encoder.PostProcessor;
import detangle.models.text.encoder.PreTokenizer;
import detangle.models.text.encoder.TokenizerDescription;
import detangle.models.text.encoder.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * BERT's vocab.txt, a token a line, as BertConverter of transformers 4 (convert_slow_tokenizer.py) makes a tokenizer of
 * it.
 */
final class WordPieceVocabulary {
    private static final String PREFIX = "##";
    private static final int MAX_CHARACTERS = 100;
    private static final String JAPANESE = "BertJapaneseTokenizer";

    private WordPieceVocabulary() {}

    /**
     * Throws a {@link TokenizerException} if the file is not a vocabulary, or if another class than BERT's divides its
     * words.
     */
    static TokenizerDescription read(ModelFile file, TokenizerSettings settings) {
        if (settings.tokenizerClass().filter(JAPANESE::equals).isPresent()) {
            throw new TokenizerException(
                    file.path().resolveSibling(TokenizerSettings.CONFIG),
                    "tokenizer_class is " + JAPANESE
                            + ", which divides words with a dictionary of Japanese; that is not" + " supported");
        }
        Vocabulary tokens = vocabulary(file);
        String cls = settings.role("cls_token", SpecialTokens.CLS);
        String sep = settings.role("sep_token", SpecialTokens.SEP);
        String unknown = settings.role("unk_token", SpecialTokens.UNK);
        int clsId = require(file.path(), tokens, cls, "cls_token");
        int sepId = require(file.path(), tokens, sep, "sep_token");
        int unknownId = require(file.path(), tokens, unknown, "unk_token");
        List<AddedToken> added = new ArrayList<>();
        added.add(AddedToken.special(unknown, unknownId));
        added.add(AddedToken.special(cls, clsId));
        added.add(AddedToken.special(sep, sepId));
        for (String token : List.of(
                settings.role("pad_token", SpecialTokens.PAD), settings.role("mask_token", SpecialTokens.MASK))) {
            boolean known = added.stream().anyMatch(t -> t.content().equals(token));
            if (!known) {
                tokens.find(token).ifPresent(id -> added.add(AddedToken.special(token, id)));
            }
        }
        return new TokenizerDescription(
                file.path(),
                added,
                Optional.of(new Normalizer.Bert(
                        true,
                        settings.tokenizeChineseChars().orElse(true),
                        settings.stripAccents(),
                        settings.doLowerCase().orElse(true))),
                Optional.of(new PreTokenizer.Bert()),
                new Model.WordPiece(tokens, unknown, PREFIX, MAX_CHARACTERS),
                PostProcessor.bert(cls, clsId, sep, sepId),
                Optional.of(new Decoder.WordPiece(PREFIX, true)),
                Optional.empty());
    }

    private static Vocabulary vocabulary(ModelFile file) {
        List<String> lines = ByteLevelBpe.lines(file);
        Vocabulary.Builder vocabulary = new Vocabulary.Builder(file.path());
        for (int id = 0; id < lines.size(); id++) {
            if (lines.get(id).length() > Vocabulary.MAX_LENGTH) {
                throw new TokenizerException(
                        file.path(),
                        "line " + (id + 1) + " is longer than " + Vocabulary.MAX_LENGTH
                                + " characters, so it is not a token");
            }
            // An empty line is a token that no text has.
            if (!lines.get(id).isEmpty()) {
                vocabulary.add(lines.get(id), id);
            }
        }
        return vocabulary.build();
    }

    private static int require(Path file, Vocabulary tokens, String token, String role) {
        return tokens.find(token)
                .orElseThrow(() -> new TokenizerException(
                        file,
                        "has no token " + token + "; " + TokenizerSettings.CONFIG + " may name another as " + role));
    }
}
