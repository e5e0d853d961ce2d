package detangle.models.text.encoder;

/** The two regular expressions that the library's own pre-tokenizers are made of, as scanners that read a text once. */
final class Words {
    private Words() {}

    /** {@code \w+|[^\w\s]+}. */
    static Spans ofWordCharacters(AlignedText text) {
        Spans found = new Spans();
        int at = 0;
        while (at < text.length()) {
            int start = at;
            Kind kind = Kind.ofWord(text.at(at));
            while (at < text.length() && Kind.ofWord(text.at(at)) == kind) {
                at++;
            }
            if (kind != Kind.SPACE) {
                found.add(start, at);
            }
        }
        return found;
    }

    /**
     * GPT-2's words: <code>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</code>. They
     * cover the text.
     */
    static Spans ofGpt2(AlignedText text) {
        Spans found = new Spans();
        int length = text.length();
        int at = 0;
        while (at < length) {
            int start = at;
            at += contraction(text, at);
            if (at == start) {
                int first = text.at(at) == ' ' && at + 1 < length && Kind.ofGpt2(text.at(at + 1)) != Kind.SPACE
                        ? at + 1
                        : at;
                Kind kind = Kind.ofGpt2(text.at(first));
                at = first;
                while (at < length && Kind.ofGpt2(text.at(at)) == kind) {
                    at++;
                }
                // White space leaves its last character to the word behind it.
                if (kind == Kind.SPACE && at < length && at - start > 1) {
                    at--;
                }
            }
            found.add(start, at);
        }
        return found;
    }

    private static int contraction(AlignedText text, int at) {
        if (text.at(at) != '\'' || at + 1 == text.length()) {
            return 0;
        }
        int second = text.at(at + 1);
        int third = at + 2 < text.length() ? text.at(at + 2) : 0;
        if (second == 's' || second == 't' || second == 'm' || second == 'd') {
            return 2;
        }
        boolean three = second == 'r' && third == 'e' || second == 'v' && third == 'e' || second == 'l' && third == 'l';
        return three ? 3 : 0;
    }

    private enum Kind {
        SPACE,
        LETTER,
        NUMBER,
        OTHER;

        static Kind ofGpt2(int codePoint) {
            if (LibraryUnicode.isWhiteSpace(codePoint)) {
                return SPACE;
            }
            if (Character.isLetter(codePoint)) {
                return LETTER;
            }
            return LibraryUnicode.isNumeric(codePoint) ? NUMBER : OTHER;
        }

        static Kind ofWord(int codePoint) {
            if (LibraryUnicode.isWhiteSpace(codePoint)) {
                return SPACE;
            }
            return LibraryUnicode.isWord(codePoint) ? LETTER : OTHER;
        }
    }
}
