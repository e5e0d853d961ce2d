package detangle.ir;

/**
 * Text as one clean line for people: whatever a file, a name or a request holds, it neither breaks the line, nor
 * steers a terminal, nor changes the direction of the text, nor fills the screen.
 */
public final class OneLine {
    /** Characters of the longest line. */
    public static final int MAX_LENGTH = 2000;

    private static final String CUT = " ... ";
    private static final int KEPT_AT_EACH_END = (MAX_LENGTH - CUT.length()) / 2;
    private static final int ZERO_WIDTH_NON_JOINER = 0x200c;
    private static final int ZERO_WIDTH_JOINER = 0x200d;

    private OneLine() {}

    /**
     * Returns the text with line breaks, tabs, control characters, characters of formatting (joiners excepted, as words
     * of some scripts need them) and lone surrogates escaped as in Java. Of a text of more than {@value #MAX_LENGTH}
     * characters the middle is left out, as messages begin with the file and end with the fault.
     */
    public static String of(String text) {
        return cut(escaped(text == null ? "null" : cut(text)));
    }

    /** Returns what {@link #of} returns, without its bound on the length: for answers, which may be long. */
    public static String escaped(String text) {
        if (text.codePoints().noneMatch(OneLine::isEscaped)) {
            return text;
        }
        StringBuilder line = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> append(line, c));
        return line.toString();
    }

    private static String cut(String text) {
        if (text.length() <= MAX_LENGTH) {
            return text;
        }
        int head = KEPT_AT_EACH_END;
        if (Character.isHighSurrogate(text.charAt(head - 1))) {
            head--;
        }
        int tail = text.length() - KEPT_AT_EACH_END;
        if (Character.isLowSurrogate(text.charAt(tail))) {
            tail++;
        }
        return text.substring(0, head) + CUT + text.substring(tail);
    }

    private static void append(StringBuilder line, int c) {
        switch (c) {
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (!isEscaped(c)) {
                    line.appendCodePoint(c);
                } else {
                    for (char unit : Character.toChars(c)) {
                        line.append(String.format("\\u%04x", (int) unit));
                    }
                }
            }
        }
    }

    private static boolean isEscaped(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                true;
            case Character.FORMAT -> c != ZERO_WIDTH_NON_JOINER && c != ZERO_WIDTH_JOINER;
            default -> false;
        };
    }
}
