package detangle.pipelines;

import detangle.models.deberta.DebertaConfig;

/** The functions that turn logits into scores; the names are HuggingFace's. */
public enum FunctionToApply {
    /** The sigmoid of each label by itself. */
    SIGMOID,
    /** The softmax over all labels, whose scores have the sum 1. */
    SOFTMAX,
    /** The logits themselves. */
    NONE;

    /** Returns the scores of logits. */
    public double[] apply(double... logits) {
        return Scores.of(logits, this);
    }

    /**
     * Returns the function that HuggingFace's pipeline takes for a model: by {@code problem_type}, or by the number of
     * labels.
     */
    public static FunctionToApply of(DebertaConfig config) {
        return Scores.function(config);
    }
}
