package detangle.models.text;

import detangle.models.text.encoder.Vocabulary;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A SentencePiece unigram model: what {@code sentencepiece_model.proto} has of use here.
 *
 * @param pieces by id
 * @param charsmap the compiled normalisation rules, which {@link detangle.models.text.encoder.Charsmap} checks; empty
 *     for none
 */
record SentencePieceModel(List<Piece> pieces, byte[] charsmap) {

    /** The purpose of a piece: the values of {@code SentencePiece.Type}. */
    enum Kind {
        NORMAL,
        /** Stands for whatever the vocabulary lacks. */
        UNKNOWN,
        /** Never found in a text, such as [CLS]. */
        CONTROL,
        USER_DEFINED,
        UNUSED,
        /** A byte of UTF-8, for characters that the vocabulary lacks. */
        BYTE
    }

    record Piece(String text, float score, Kind kind) {}

    /** Returns the id of the piece for the unknown, or a {@link TokenizerException}. */
    int unknownId(Path file) {
        return IntStream.range(0, pieces.size())
                .filter(i -> pieces.get(i).kind() == Kind.UNKNOWN)
                .findFirst()
                .orElseThrow(() -> new TokenizerException(file, "has no piece for the unknown"));
    }

    /** Returns the id of the first piece of that text. */
    OptionalInt find(String text) {
        return IntStream.range(0, pieces.size())
                .filter(i -> pieces.get(i).text().equals(text))
                .findFirst();
    }

    /** Returns the id of a piece that DeBERTa's models have, or a {@link TokenizerException}. */
    int require(Path file, String text) {
        return find(text).orElseThrow(() -> new TokenizerException(file, SpecialTokens.absent("piece", text)));
    }

    // Field numbers and values of sentencepiece_model.proto.
    private static final int MODEL_PIECES = 1;
    private static final int MODEL_TRAINER_SPEC = 2;
    private static final int MODEL_NORMALIZER_SPEC = 3;
    private static final int PIECE_TEXT = 1;
    private static final int PIECE_SCORE = 2;
    private static final int PIECE_TYPE = 3;
    private static final int TRAINER_MODEL_TYPE = 3;
    private static final int TRAINER_MODEL_TYPE_UNIGRAM = 1;
    private static final int NORMALIZER_CHARSMAP = 2;

    /** Throws a {@link TokenizerException} if the bytes are not a unigram model. */
    static SentencePieceModel parse(Path file, byte[] bytes) {
        List<Piece> pieces = new ArrayList<>();
        byte[] charsmap = {};
        ProtoReader model = new ProtoReader(file, ByteBuffer.wrap(bytes));
        for (int field = model.nextField(); field != 0; field = model.nextField()) {
            switch (field) {
                case MODEL_PIECES -> {
                    if (pieces.size() == ByteLevelBpe.MAX_LINES) {
                        throw new TokenizerException(
                                file,
                                "it has more than " + ByteLevelBpe.MAX_LINES
                                        + " pieces, which is the most that is read");
                    }
                    pieces.add(piece(file, new ProtoReader(file, model.block())));
                }
                case MODEL_TRAINER_SPEC -> checkUnigram(file, new ProtoReader(file, model.block()));
                case MODEL_NORMALIZER_SPEC -> charsmap = charsmap(new ProtoReader(file, model.block()));
                default -> model.skip();
            }
        }
        if (pieces.isEmpty()) {
            throw new TokenizerException(file, "not a SentencePiece model: it has no pieces");
        }
        return new SentencePieceModel(List.copyOf(pieces), charsmap);
    }

    private static Piece piece(Path file, ProtoReader message) {
        String text = "";
        float score = 0;
        Kind kind = Kind.NORMAL;
        for (int field = message.nextField(); field != 0; field = message.nextField()) {
            switch (field) {
                case PIECE_TEXT -> text = text(file, message.block());
                case PIECE_SCORE -> score = message.number();
                case PIECE_TYPE -> kind = kind(file, message.integer());
                default -> message.skip();
            }
        }
        if (text.isEmpty() || !Float.isFinite(score)) {
            throw new TokenizerException(
                    file, "not a SentencePiece model: it has a piece '" + text + "' of score " + score);
        }
        if (text.length() > Vocabulary.MAX_LENGTH) {
            throw new TokenizerException(
                    file,
                    "it has a piece of " + text.length() + " characters; 1 to " + Vocabulary.MAX_LENGTH + " are taken");
        }
        return new Piece(text, score, kind);
    }

    private static Kind kind(Path file, long value) {
        if (value < 1 || value > Kind.values().length) {
            throw new TokenizerException(file, "not a SentencePiece model: it has a piece of type " + value);
        }
        return Kind.values()[(int) value - 1];
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
