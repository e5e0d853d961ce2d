package detangle.models.text;

import detangle.models.text.encoder.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Finds the most likely pieces of a normalised text: the Viterbi search of SentencePiece's unigram_model.cc,
 * {@code EncodeOptimized}, with its rounding, as equally likely splits of "hmmmm" are decided by it.
 */
final class UnigramSegmenter {
    private static final float UNKNOWN_PENALTY = 10;
    private static final double USER_DEFINED_PENALTY = 0.1;

    /** Stands for a character that is in no piece. */
    static final int UNKNOWN = -1;

    private final List<SentencePieceModel.Piece> vocabulary;
    private final Vocabulary ids;
    private final float unknownScore;
    private final float maxScore;

    /** A piece, or one unknown character, from a code point to that before another. */
    record Segment(int id, int start, int end) {}

    /** @param file that has the pieces, for messages */
    UnigramSegmenter(Path file, List<SentencePieceModel.Piece> vocabulary) {
        this.vocabulary = vocabulary;
        float min = 0;
        float max = Float.NEGATIVE_INFINITY;
        Vocabulary.Builder tokens = new Vocabulary.Builder(file);
        for (int id = 0; id < vocabulary.size(); id++) {
            SentencePieceModel.Piece piece = vocabulary.get(id);
            switch (piece.kind()) {
                case NORMAL, USER_DEFINED -> {
                    tokens.addIfAbsent(piece.text(), id);
                    if (piece.kind() == SentencePieceModel.Kind.NORMAL) {
                        min = Math.min(min, piece.score());
                        max = Math.max(max, piece.score());
                    }
                }
                case UNKNOWN, CONTROL, UNUSED, BYTE -> {}
            }
        }
        this.ids = tokens.build();
        this.unknownScore = min - UNKNOWN_PENALTY;
        this.maxScore = max;
    }

    List<Segment> segment(int[] codePoints) {
        int n = codePoints.length;
        float[] best = new float[n + 1];
        int[] from = new int[n + 1];
        int[] piece = new int[n + 1];
        Arrays.fill(from, -1);
        for (int start = 0; start < n; start++) {
            boolean single = false;
            int prefix = Vocabulary.ROOT;
            for (int end = start + 1; end <= n; end++) {
                prefix = ids.child(prefix, codePoints[end - 1]);
                if (prefix == Vocabulary.NONE) {
                    break;
                }
                int id = ids.id(prefix);
                if (id != Vocabulary.NONE) {
                    double candidate = score(id) + best[start];
                    if (from[end] < 0 || candidate > best[end]) {
                        best[end] = (float) candidate;
                        from[end] = start;
                        piece[end] = id;
                    }
                    single |= end == start + 1;
                }
            }
            float unknown = unknownScore + best[start];
            if (!single && (from[start + 1] < 0 || unknown > best[start + 1])) {
                best[start + 1] = unknown;
                from[start + 1] = start;
                piece[start + 1] = UNKNOWN;
            }
        }
        List<Segment> segments = new ArrayList<>();
        for (int end = n; end > 0; end = from[end]) {
            segments.add(new Segment(piece[end], from[end], end));
        }
        Collections.reverse(segments);
        return segments;
    }

    private double score(int id) {
        SentencePieceModel.Piece piece = vocabulary.get(id);
        return piece.kind() == SentencePieceModel.Kind.USER_DEFINED
                ? piece.text().getBytes(StandardCharsets.UTF_8).length * maxScore - USER_DEFINED_PENALTY
                : piece.score();
    }
}
