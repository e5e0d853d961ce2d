package detangle.models.text;

/** The names of DeBERTa's special tokens, where nothing says otherwise. */
final class SpecialTokens {
    static final String PAD = "[PAD]";
    static final String CLS = "[CLS]";
    static final String SEP = "[SEP]";
    static final String UNK = "[UNK]";
    static final String MASK = "[MASK]";

    private SpecialTokens() {}
}
