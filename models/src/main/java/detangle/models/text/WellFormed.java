package detangle.models.text;

/** Texts that can be written as UTF-8. */
final class WellFormed {
    private static final char REPLACEMENT = '\uFFFD';

    private WellFormed() {}

    /** Returns the text with the replacement character for each half of a surrogate pair that stands alone. */
    static String text(String text) {
        StringBuilder repaired = new StringBuilder(0);
        int copied = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int codePoint = text.codePointAt(i);
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                repaired.append(text, copied, i).append(REPLACEMENT);
                copied = i + 1;
            }
        }
        return copied == 0 ? text : repaired.append(text, copied, text.length()).toString();
    }
}
