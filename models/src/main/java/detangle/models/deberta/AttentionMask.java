package detangle.models.deberta;

/** The forms of the input {@code attention_mask}. */
public enum AttentionMask {
    /**
     * {@code [B,S]}: which positions are tokens. A token sees every token; there may be holes, or padding on the left.
     */
    TOKENS,
    /**
     * {@code [B,S,S]}: whether a query, on axis 1, sees a key. A position is a token if some query sees it (microsoft's
     * bert.py, {@code BertEncoder.forward}).
     */
    PAIRS
}
