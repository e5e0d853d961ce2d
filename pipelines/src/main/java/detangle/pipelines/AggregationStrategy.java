package detangle.pipelines;

/** The ways in which tokens become entities; the names are HuggingFace's. */
public enum AggregationStrategy {
    /** They do not: each token with a label is one. */
    NONE,
    /** Neighbours with the same label are one, even where a word is cut by it. */
    SIMPLE,
    /** A word has the label of its first token. */
    FIRST,
    /** A word has the label that its tokens like best on average. */
    AVERAGE,
    /** A word has the label of its surest token. */
    MAX
}
