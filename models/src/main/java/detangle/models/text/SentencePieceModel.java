package detangle.models.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A SentencePiece unigram model: what {@code sentencepiece_model.proto} has of use here.
 *
 * @param pieces by id
 * @param charsmap the compiled normalisation rules; empty for none
 */
record SentencePieceModel(List<Piece> pieces, byte[] charsmap) {

    /** {@code unknown}: the piece that stands for whatever the vocabulary lacks. */
    record Piece(String text, float score, boolean unknown) {}

    // Field numbers and values of sentencepiece_model.proto.
    private static final int MODEL_PIECES = 1;
    private static final int MODEL_TRAINER_SPEC = 2;
    private static final int MODEL_NORMALIZER_SPEC = 3;
    private static final int PIECE_TEXT = 1;
    private static final int PIECE_SCORE = 2;
    private static final int PIECE_TYPE = 3;
    private static final int PIECE_TYPE_UNKNOWN = 2;
    private static final int TRAINER_MODEL_TYPE = 3;
    private static final int TRAINER_MODEL_TYPE_UNIGRAM = 1;
    private static final int NORMALIZER_CHARSMAP = 2;

    /** A {@link TokenizerException} if the bytes are no unigram model. */
    static SentencePieceModel parse(Path file, byte[] bytes) {
        List<Piece> pieces = new ArrayList<>();
        byte[] charsmap = {};
        ProtoReader model = new ProtoReader(file, ByteBuffer.wrap(bytes));
        for (int field = model.nextField(); field != 0; field = model.nextField()) {
            switch (field) {
                case MODEL_PIECES -> pieces.add(piece(file, new ProtoReader(file, model.block())));
                case MODEL_TRAINER_SPEC -> checkUnigram(file, new ProtoReader(file, model.block()));
                case MODEL_NORMALIZER_SPEC -> charsmap = charsmap(new ProtoReader(file, model.block()));
                default -> model.skip();
            }
        }
        if (pieces.isEmpty()) {
            throw new TokenizerException(file, "not a SentencePiece model: it has no pieces");
        }
        if (charsmap.length > 0) {
            Charsmap.check(file, charsmap);
        }
        return new SentencePieceModel(List.copyOf(pieces), charsmap);
    }

    private static Piece piece(Path file, ProtoReader message) {
        String text = "";
        float score = 0;
        boolean unknown = false;
        for (int field = message.nextField(); field != 0; field = message.nextField()) {
            switch (field) {
                case PIECE_TEXT -> text = text(file, message.block());
                case PIECE_SCORE -> score = message.number();
                case PIECE_TYPE -> unknown = message.integer() == PIECE_TYPE_UNKNOWN;
                default -> message.skip();
            }
        }
        if (text.isEmpty() || !Float.isFinite(score)) {
            throw new TokenizerException(
                    file, "not a SentencePiece model: it has a piece '" + text + "' of score " + score);
        }
        return new Piece(text, score, unknown);
    }

    private static String text(Path file, ByteBuffer utf8) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw new TokenizerException(file, "not a SentencePiece model: it has a piece that is not UTF-8", e);
        }
    }

    private static void checkUnigram(Path file, ProtoReader message) {
        for (int field = message.nextField(); field != 0; field = message.nextField()) {
            if (field != TRAINER_MODEL_TYPE) {
                message.skip();
            } else if (message.integer() != TRAINER_MODEL_TYPE_UNIGRAM) {
                throw new TokenizerException(file, "not a unigram model, as DeBERTa's are");
            }
        }
    }

    private static byte[] charsmap(ProtoReader message) {
        byte[] charsmap = {};
        for (int field = message.nextField(); field != 0; field = message.nextField()) {
            if (field == NORMALIZER_CHARSMAP) {
                ByteBuffer block = message.block();
                charsmap = new byte[block.remaining()];
                block.get(charsmap);
            } else {
                message.skip();
            }
        }
        return charsmap;
    }
}
