package detangle.models.text;

/**
 * White space in texts: the property White_Space of Unicode, and the four separators U+001C to U+001F, as Python's
 * {@code str.isspace} has them. {@link Character#isWhitespace} leaves out the spaces that do not break, such as
 * U+00A0.
 */
public final class WhiteSpace {
    private WhiteSpace() {}

    public static boolean is(int codePoint) {
        return switch (codePoint) {
            case ' ', '\t', '\n', 0x0B, '\f', '\r', 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0, 0x1680 -> true;
            case 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
            default -> codePoint >= 0x2000 && codePoint <= 0x200A;
        };
    }

    /** Returns whether a text holds nothing else. */
    public static boolean isBlank(String text) {
        return text.codePoints().allMatch(WhiteSpace::is);
    }

    /** Returns a text without the white space at its ends. */
    public static String strip(String text) {
        int first = 0;
        int last = text.length();
        // Every white space is one character of Java.
        while (first < last && is(text.charAt(first))) {
            first++;
        }
        while (last > first && is(text.charAt(last - 1))) {
            last--;
        }
        return text.substring(first, last);
    }
}
