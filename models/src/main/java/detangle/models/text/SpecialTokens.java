package detangle.models.text;

/** The names of DeBERTa's special tokens, where nothing says otherwise. */
final class SpecialTokens {
    static final String PAD = "[PAD]";
    static final String CLS = "[CLS]";
    static final String SEP = "[SEP]";
    static final String UNK = "[UNK]";
    static final String MASK = "[MASK]";

    private SpecialTokens() {}

    /** Says that a vocabulary lacks a special token, for which it may not be to blame. */
    static String absent(String kind, String token) {
        return "has no " + kind + " " + token + ", so it is not DeBERTa's, or " + TokenizerSettings.CONFIG
                + " or special_tokens_map.json names another than it has";
    }
}
