package detangle.models.text;

/** Punctuation marks, as the original's tokenizers and BERT's count them. */
public final class Punctuation {
    private Punctuation() {}

    /** Returns whether a code point is one: all of ASCII that is neither a letter, a digit nor a space, and Unicode's. */
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
