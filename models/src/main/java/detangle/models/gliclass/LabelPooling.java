package detangle.models.gliclass;

/** The tokens that make the vector of a label ({@code class_token_pooling}, {@code embed_class_token}). */
public enum LabelPooling {
    /** The token that marks the label. */
    MARKER,
    /** The token behind the one that marks the label. */
    FIRST_TOKEN,
    /** The mean of the token that marks the label and of all up to the next label. */
    AVERAGE,
    /** The pooling {@link #AVERAGE} without the token that marks the label. */
    AVERAGE_OF_TOKENS
}
