package detangle.pipelines;

/** How the states of a text's tokens become one vector. */
public enum Pooling {
    /** Their mean, special tokens included. */
    MEAN,
    /** The state of {@code [CLS]}, the first. */
    CLS,
    /** The greatest value of each component. */
    MAX
}
