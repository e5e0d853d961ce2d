package detangle.pipelines;

/** The ways in which labelled tokens become entities; the names are HuggingFace's. */
public enum AggregationStrategy {
    /** Each token with a label is an entity. */
    NONE,
    /** Neighbouring tokens with the same label are one entity, even if that divides a word. */
    SIMPLE,
    /** A word has the label of its first token. */
    FIRST,
    /** A word has the label with the greatest mean score over its tokens. */
    AVERAGE,
    /** A word has the label of the token with the greatest score. */
    MAX
}
