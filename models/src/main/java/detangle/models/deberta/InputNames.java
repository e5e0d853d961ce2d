package detangle.models.deberta;

/** The names of the inputs of DeBERTa programs, which are HuggingFace's; {@link ModelInputs} says their types. */
public final class InputNames {
    /** {@code i64[B,S]}: tokens by their number in the vocabulary. */
    public static final String IDS = "input_ids";

    /** {@code i64[B,S]}, 0 at padding; or {@code i64[B,S,S]}, see {@link AttentionMask}. */
    public static final String MASK = "attention_mask";

    /** {@code i64[B,S]}, if the model has token types: which of two texts a token is of. */
    public static final String TOKEN_TYPES = "token_type_ids";

    /** {@code i64[N]}, if a masked LM is told what to predict: the numbers b*S+s of tokens. */
    public static final String MASKED_ROWS = "masked_rows";

    private InputNames() {}
}
