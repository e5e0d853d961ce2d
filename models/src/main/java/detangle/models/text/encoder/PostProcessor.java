package detangle.models.text.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The frame of texts that are encoded: special tokens, segments, and where tokens are said to begin.
 *
 * @param trimming whether offsets leave out the white space around a token, and how
 * @param single the frame of one text
 * @param pair the frame of two
 */
public record PostProcessor(Optional<Trimming> trimming, List<Piece> single, List<Piece> pair) {
    /** Nothing is added: the second text is of segment 1. */
    public static final PostProcessor NONE = new PostProcessor(
            Optional.empty(), List.of(new Piece.Text(0, 0)), List.of(new Piece.Text(0, 0), new Piece.Text(1, 1)));

    public PostProcessor {
        single = List.copyOf(single);
        pair = List.copyOf(pair);
    }

    /**
     * The way in which offsets are trimmed.
     *
     * @param addPrefixSpace whether the first space is one that was put there, which has no place in the text
     */
    public record Trimming(boolean addPrefixSpace) {}

    /** Part of a frame. */
    public sealed interface Piece {
        /** A text: 0 or 1, and its segment. */
        record Text(int index, int typeId) implements Piece {}

        /** A special token. */
        record Special(String token, int id, int typeId) implements Piece {}
    }

    /** {@code [CLS] A [SEP]}, and {@code [CLS] A [SEP] B [SEP]} of which B and its separator are of segment 1. */
    public static PostProcessor bert(String cls, int clsId, String sep, int sepId) {
        List<Piece> single =
                List.of(new Piece.Special(cls, clsId, 0), new Piece.Text(0, 0), new Piece.Special(sep, sepId, 0));
        return new PostProcessor(
                Optional.empty(),
                single,
                List.of(
                        single.get(0),
                        single.get(1),
                        single.get(2),
                        new Piece.Text(1, 1),
                        new Piece.Special(sep, sepId, 1)));
    }

    /** {@code <s> A </s>}, and {@code <s> A </s> </s> B </s>}, all of segment 0. */
    public static PostProcessor roberta(String cls, int clsId, String sep, int sepId, Optional<Trimming> trimming) {
        Piece begin = new Piece.Special(cls, clsId, 0);
        Piece end = new Piece.Special(sep, sepId, 0);
        return new PostProcessor(
                trimming,
                List.of(begin, new Piece.Text(0, 0), end),
                List.of(begin, new Piece.Text(0, 0), end, end, new Piece.Text(1, 0), end));
    }

    /** Returns the same frames with other tokens: one before the first text, another behind each. */
    public PostProcessor renamed(String cls, int clsId, String sep, int sepId) {
        return new PostProcessor(
                trimming, renamed(single, cls, clsId, sep, sepId), renamed(pair, cls, clsId, sep, sepId));
    }

    private static List<Piece> renamed(List<Piece> frame, String cls, int clsId, String sep, int sepId) {
        List<Piece> pieces = new ArrayList<>();
        boolean text = false;
        for (Piece piece : frame) {
            pieces.add(
                    switch (piece) {
                        case Piece.Text t -> t;
                        case Piece.Special s ->
                            text
                                    ? new Piece.Special(sep, sepId, s.typeId())
                                    : new Piece.Special(cls, clsId, s.typeId());
                    });
            text |= piece instanceof Piece.Text;
        }
        return pieces;
    }

    /** Returns the same frames with offsets trimmed. */
    public PostProcessor trimmed(Trimming how) {
        return new PostProcessor(Optional.of(how), single, pair);
    }
}
