package detangle.models.text.encoder;

import java.util.Arrays;

/**
 * The most likely tokens of a word, as the library finds them ({@code Unigram::encode_optimized}): in doubles, where
 * SentencePiece rounds to floats, so that the two split equally likely runs such as "hmmmm" otherwise.
 */
final class UnigramSearch {
    private UnigramSearch() {}

    static void search(Model.Unigram model, AlignedText word, TokenList out) {
        int length = word.length();
        double[] best = new double[length + 1];
        int[] from = new int[length + 1];
        int[] ids = new int[length + 1];
        Arrays.fill(from, -1);
        fill(model, word, best, from, ids);
        int[] boundaries = new int[length + 1];
        int count = boundaries(model, from, ids, boundaries);
        for (int i = count - 1; i > 0; i--) {
            int start = boundaries[i];
            int end = boundaries[i - 1];
            boolean unknown = model.unknownId().isPresent()
                    && ids[end] == model.unknownId().getAsInt();
            if (unknown) {
                unknown(model, word, start, end, out);
            } else {
                out.add(ids[end], model.vocabulary().token(ids[end]), word, start, end);
            }
        }
    }

    /** Computes for each place in the word where the last token of the best way to it begins, and which token it is. */
    private static void fill(Model.Unigram model, AlignedText word, double[] best, int[] from, int[] ids) {
        Vocabulary vocabulary = model.vocabulary();
        int length = word.length();
        for (int start = 0; start < length; start++) {
            boolean single = false;
            int prefix = Vocabulary.ROOT;
            for (int end = start + 1; end <= length; end++) {
                prefix = vocabulary.child(prefix, word.at(end - 1));
                if (prefix == Vocabulary.NONE) {
                    break;
                }
                int id = vocabulary.id(prefix);
                if (id != Vocabulary.NONE) {
                    double score = model.scores()[id] + best[start];
                    if (from[end] < 0 || score > best[end]) {
                        best[end] = score;
                        from[end] = start;
                        ids[end] = id;
                    }
                    single |= end == start + 1;
                }
            }
            if (!single) {
                double score = model.unknownScore() + best[start];
                if (from[start + 1] < 0 || score > best[start + 1]) {
                    best[start + 1] = score;
                    from[start + 1] = start;
                    ids[start + 1] = model.unknownId()
                            .orElseThrow(() -> new EncodingException(
                                    "a character is in no token, and unk_id names no token for the unknown"));
                }
            }
        }
    }

    /**
     * Writes the ends of the tokens, the last first, and the start of the first; neighbours that are unknown are one.
     */
    private static int boundaries(Model.Unigram model, int[] from, int[] ids, int[] boundaries) {
        int unknown = model.unknownId().orElse(Vocabulary.NONE);
        int count = 0;
        int end = from.length - 1;
        while (end > 0) {
            boundaries[count++] = end;
            int start = from[end];
            while (ids[end] == unknown && start > 0 && ids[start] == unknown) {
                start = from[start];
            }
            end = start;
        }
        boundaries[count++] = 0;
        return count;
    }

    /** Adds an unknown part of a word. If the whole part is a token, it is that token. */
    private static void unknown(Model.Unigram model, AlignedText word, int start, int end, TokenList out) {
        String text = word.text(start, end);
        int prefix = model.vocabulary().child(Vocabulary.ROOT, text);
        int id =
                prefix == Vocabulary.NONE ? Vocabulary.NONE : model.vocabulary().id(prefix);
        if (id != Vocabulary.NONE) {
            out.add(id, text, word, start, end);
            return;
        }
        int[] bytes = model.bytes().spell(text);
        for (int b : bytes) {
            out.add(b, model.vocabulary().token(b), word, start, end);
        }
        if (bytes.length == 0) {
            out.add(model.unknownId().getAsInt(), text, word, start, end);
        }
    }
}
