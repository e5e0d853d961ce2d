package detangle.pipelines;

import detangle.models.deberta.DebertaConfig;

/** The functions that make scores of logits; the names are HuggingFace's. */
public enum FunctionToApply {
    /** Each label by itself. */
    SIGMOID,
    /** Labels share a probability of 1. */
    SOFTMAX,
    /** Scores are the logits. */
    NONE;

    /** Returns the scores of logits. */
    public double[] apply(double... logits) {
        return Scores.of(logits, this);
    }

    /**
     * Returns what goes with a model, as in HuggingFace's pipeline: by {@code problem_type}, or the number of labels.
     */
    public static FunctionToApply of(DebertaConfig config) {
        return Scores.function(config);
    }
}
