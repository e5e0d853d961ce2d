package detangle.models.text.encoder;

/** Moves offsets behind the white space before a token, and before that behind it, as the library's ByteLevel does. */
final class Offsets {
    private Offsets() {}

    static void trim(TokenList tokens, PostProcessor.Trimming how) {
        for (int i = 0; i < tokens.size(); i++) {
            int[] token = tokens.spelling(i).codePoints().toArray();
            int leading = 0;
            while (leading < token.length && isSpace(token[leading])) {
                leading++;
            }
            int trailing = 0;
            while (trailing < token.length && isSpace(token[token.length - 1 - trailing])) {
                trailing++;
            }
            int start = tokens.start(i);
            int end = tokens.end(i);
            // A single space at the beginning was put there, and has no place in the text.
            boolean added = (i == 0 || start == 0) && how.addPrefixSpace() && leading == 1;
            if (!added) {
                start = Math.min(start + leading, end);
            }
            if (end >= trailing) {
                end = Math.max(end - trailing, start);
            }
            tokens.realign(i, start, end);
        }
    }

    private static boolean isSpace(int codePoint) {
        return codePoint == ByteSymbols.SPACE || LibraryUnicode.isWhiteSpace(codePoint);
    }
}
