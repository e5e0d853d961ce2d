package detangle.models.deberta;

/**
 * The states that are computed at padded positions. No token sees them; code that reads all positions alike does, such
 * as the loss of question answering and the poolings of GLiClass.
 */
public enum PaddedStates {
    /** A padded query attends to nothing, as in microsoft's code. Batches may be packed. */
    NOTHING,
    /**
     * A padded query attends to all positions alike, as in HuggingFace's modeling_deberta_v2.py from transformers 4.47
     * on.
     */
    UNIFORM,
    /**
     * A padded position has the embeddings of the padding token and attends to the tokens as they do, as in
     * HuggingFace's modeling_bert.py.
     */
    OF_TOKENS
}
