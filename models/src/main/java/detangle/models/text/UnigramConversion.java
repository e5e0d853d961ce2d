package detangle.models.text;

import detangle.models.text.encoder.AddedToken;
import detangle.models.text.encoder.Charsmap;
import detangle.models.text.encoder.Decoder;
import detangle.models.text.encoder.Model;
import detangle.models.text.encoder.Normalizer;
import detangle.models.text.encoder.PostProcessor;
import detangle.models.text.encoder.PreTokenizer;
import detangle.models.text.encoder.TextPattern;
import detangle.models.text.encoder.TokenizerDescription;
import detangle.models.text.encoder.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A SentencePiece model as a tokenizer of HuggingFace's, as DebertaV2Converter of transformers 4
 * (convert_slow_tokenizer.py) makes it.
 */
final class UnigramConversion {
    private static final int META_SPACE = 0x2581;

    private UnigramConversion() {}

    /** Throws a {@link TokenizerException} if the model lacks the special pieces of DeBERTa's. */
    static TokenizerDescription convert(Path file, SentencePieceModel model, TokenizerSettings settings) {
        List<SentencePieceModel.Piece> pieces = model.pieces();
        String cls = settings.role("cls_token", SpecialTokens.CLS);
        String sep = settings.role("sep_token", SpecialTokens.SEP);
        int clsId = model.require(file, cls);
        int sepId = model.require(file, sep);
        int unknown = model.unknownId(file);
        List<AddedToken> added = new ArrayList<>();
        for (int id = 0; id < pieces.size(); id++) {
            SentencePieceModel.Piece piece = pieces.get(id);
            switch (piece.kind()) {
                case CONTROL -> added.add(AddedToken.special(piece.text(), id));
                case USER_DEFINED -> added.add(new AddedToken(piece.text(), id, false, false, false, false, false));
                case UNKNOWN -> added.add(new AddedToken(piece.text(), id, true, true, false, false, false));
                case NORMAL, UNUSED, BYTE -> {}
            }
        }
        // Not a piece in the released models: the original tokenizer appends it, where nothing says otherwise.
        String mask = settings.role("mask_token", SpecialTokens.MASK);
        boolean stated =
                settings.added().stream().anyMatch(s -> s.token().content().equals(mask));
        if (!stated && model.find(mask).isEmpty()) {
            added.add(AddedToken.special(mask, pieces.size()));
        }
        return new TokenizerDescription(
                file,
                added,
                Optional.of(normalizer(file, model.charsmap(), settings)),
                Optional.of(preTokenizer(settings)),
                unigram(file, pieces, unknown),
                PostProcessor.bert(cls, clsId, sep, sepId),
                Optional.of(new Decoder.Metaspace(META_SPACE, true)),
                Optional.empty());
    }

    private static Normalizer normalizer(Path file, byte[] charsmap, TokenizerSettings settings) {
        List<Normalizer> steps = new ArrayList<>();
        if (settings.doLowerCase().orElse(false)) {
            steps.add(new Normalizer.Lowercase());
        }
        steps.add(new Normalizer.Strip(true, true));
        if (charsmap.length > 0) {
            steps.add(new Normalizer.Precompiled(Charsmap.read(file, charsmap)));
        }
        steps.add(new Normalizer.Replace(new TextPattern.Run(' ', 2), " "));
        return new Normalizer.Sequence(steps);
    }

    private static PreTokenizer preTokenizer(TokenizerSettings settings) {
        PreTokenizer metaspace = new PreTokenizer.Metaspace(
                META_SPACE,
                settings.addPrefixSpace().orElse(true)
                        ? PreTokenizer.PrependScheme.ALWAYS
                        : PreTokenizer.PrependScheme.FIRST,
                true);
        return settings.splitByPunct().orElse(false)
                ? new PreTokenizer.Sequence(
                        List.of(new PreTokenizer.Punctuation(PreTokenizer.Behavior.ISOLATED), metaspace))
                : metaspace;
    }

    private static Model unigram(Path file, List<SentencePieceModel.Piece> pieces, int unknown) {
        Vocabulary.Builder vocabulary = new Vocabulary.Builder(file);
        double[] scores = new double[pieces.size()];
        for (int id = 0; id < scores.length; id++) {
            vocabulary.add(pieces.get(id).text(), id);
            // Scores are doubles there: the float's exact value decides ties as in the converted file.
            scores[id] = pieces.get(id).score();
        }
        return new Model.Unigram(vocabulary.build(), scores, OptionalInt.of(unknown), false);
    }
}
