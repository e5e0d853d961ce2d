package detangle.pipelines;

/** What makes scores of logits; the names are HuggingFace's. */
public enum FunctionToApply {
    /** Each label by itself. */
    SIGMOID,
    /** Labels share a probability of 1. */
    SOFTMAX,
    /** Scores are the logits. */
    NONE
}
