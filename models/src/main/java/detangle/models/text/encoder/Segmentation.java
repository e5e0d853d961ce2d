package detangle.models.text.encoder;

/** Finds the tokens of a word as a {@link Model} says. */
final class Segmentation {
    private Segmentation() {}

    /** Adds the tokens of a word, which is not empty. */
    static void segment(Model model, AlignedText word, TokenList out) {
        switch (model) {
            case Model.Unigram unigram -> UnigramSearch.search(unigram, word, out);
            case Model.Bpe bpe -> BpeSearch.search(bpe, word, out);
            case Model.WordPiece wordPiece -> wordPiece(wordPiece, word, out);
        }
    }

    private static void wordPiece(Model.WordPiece model, AlignedText word, TokenList out) {
        int length = word.length();
        Vocabulary vocabulary = model.vocabulary();
        int[] boundaries = new int[length + 1];
        int[] ids = new int[length];
        int count = 0;
        boolean known = length <= model.maxCharacters();
        int inner = vocabulary.child(Vocabulary.ROOT, model.prefix());
        for (int start = 0; known && start < length; start = boundaries[count]) {
            int prefix = start == 0 ? Vocabulary.ROOT : inner;
            int longest = Vocabulary.NONE;
            for (int end = start; end < length && prefix != Vocabulary.NONE; ) {
                prefix = vocabulary.child(prefix, word.at(end++));
                if (prefix != Vocabulary.NONE && vocabulary.id(prefix) != Vocabulary.NONE) {
                    longest = vocabulary.id(prefix);
                    boundaries[count + 1] = end;
                }
            }
            known = longest != Vocabulary.NONE;
            if (known) {
                ids[count++] = longest;
            }
        }
        if (!known) {
            out.add(vocabulary.find(model.unknown()).orElseThrow(), model.unknown(), word, 0, length);
            return;
        }
        for (int i = 0; i < count; i++) {
            out.add(ids[i], vocabulary.token(ids[i]), word, boundaries[i], boundaries[i + 1]);
        }
    }
}
