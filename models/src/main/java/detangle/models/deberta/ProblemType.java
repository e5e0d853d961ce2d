package detangle.models.deberta;

/** What the logits of sequence classification mean; the lower-case name is the value of {@code problem_type}. */
public enum ProblemType {
    /** Logits are the predicted values. */
    REGRESSION,
    /** Softmax over the labels. */
    SINGLE_LABEL_CLASSIFICATION,
    /** A sigmoid a label. */
    MULTI_LABEL_CLASSIFICATION
}
