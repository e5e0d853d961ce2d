package detangle.models.deberta;

/** The names of the outputs of DeBERTa programs, which are HuggingFace's. */
public final class OutputNames {
    /** The head's numbers for each sequence, token or choice. */
    public static final String LOGITS = "logits";

    /** {@code f32[B,S]}: how likely an answer begins at each token. */
    public static final String START_LOGITS = "start_logits";

    /** {@code f32[B,S]}: how likely an answer ends at each token. */
    public static final String END_LOGITS = "end_logits";

    /** {@code f32[B,S,H]}: the output of the last layer, zeros at padding. */
    public static final String LAST_HIDDEN_STATE = "last_hidden_state";

    private OutputNames() {}

    /** {@code f32[B,S,H]}: the output of a layer, counted from 1; of the embeddings for 0. */
    public static String hiddenState(int layer) {
        return "hidden_states." + layer;
    }

    /** {@code f32[B,A,S,S]}: the probabilities of a layer's attention; layers are counted from 0. */
    public static String attention(int layer) {
        return "attentions." + layer;
    }
}
