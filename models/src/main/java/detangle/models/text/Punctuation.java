package detangle.models.text;

/** Recognises punctuation marks, as the original's tokenizers and BERT's do. */
public final class Punctuation {
    private Punctuation() {}

    /**
     * Returns whether a code point is a punctuation mark: in ASCII every printable character but letters, digits and
     * the space, and beyond it the marks of Unicode's categories P.
     */
    public static boolean is(int c) {
        boolean ascii = c >= 33 && c <= 47 || c >= 58 && c <= 64 || c >= 91 && c <= 96 || c >= 123 && c <= 126;
        return ascii
                || switch (Character.getType(c)) {
                    case Character.CONNECTOR_PUNCTUATION,
                            Character.DASH_PUNCTUATION,
                            Character.START_PUNCTUATION,
                            Character.END_PUNCTUATION,
                            Character.INITIAL_QUOTE_PUNCTUATION,
                            Character.FINAL_QUOTE_PUNCTUATION,
                            Character.OTHER_PUNCTUATION -> true;
                    default -> false;
                };
    }
}
