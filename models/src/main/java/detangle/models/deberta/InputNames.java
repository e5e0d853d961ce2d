package detangle.models.deberta;

/** The names of the inputs of DeBERTa programs and of their losses, which are HuggingFace's where it has them. */
public final class InputNames {
    /** {@code i64[B,S]}: tokens by their number in the vocabulary. */
    public static final String IDS = "input_ids";

    /** {@code i64[B,S]}, 0 at padding; or {@code i64[B,S,S]}, see {@link AttentionMask}. */
    public static final String MASK = "attention_mask";

    /** {@code i64[B,S]}, if the model has token types: which of two texts a token is of. */
    public static final String TOKEN_TYPES = "token_type_ids";

    /** {@code i64[N]}, if a masked LM is told what to predict: the numbers b*S+s of tokens. */
    public static final String MASKED_ROWS = "masked_rows";

    /** The expected answers; {@link HeadLosses} describes their form. */
    public static final String LABELS = "labels";

    /** {@code i64[B]}: the position at which an answer begins. */
    public static final String START_POSITIONS = "start_positions";

    /** {@code i64[B]}: the position at which an answer ends. */
    public static final String END_POSITIONS = "end_positions";

    /**
     * {@code f32[]}, if a loss is told so: what the sum of the rows' losses is divided by, instead of their number.
     * Batches that are trained in parts have one divisor for all parts.
     */
    public static final String LOSS_DIVISOR = "loss_divisor";

    /**
     * {@code i64[]}, if a program of training drops elements: what its random numbers follow from, other at each step.
     */
    public static final String DROPOUT_SEED = "dropout_seed";

    /**
     * {@code i64[]}, if a generator draws tokens: the seed of its random numbers. It must differ from step to step and
     * from the seed of the dropout.
     */
    public static final String SAMPLING_SEED = "sampling_seed";

    /**
     * {@code i64[N]}: the tokens that a generator has drawn for the {@code masked_rows}; see {@link ReplacedTokens}.
     */
    public static final String SAMPLED = "sampled";

    private InputNames() {}
}
