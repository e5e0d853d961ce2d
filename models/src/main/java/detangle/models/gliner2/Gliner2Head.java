package detangle.models.gliner2;

/** The head of a GLiNER2 model. */
public sealed interface Gliner2Head permits SpanHead, BoundaryHead {
    /** Returns the word for the architecture in config.json. */
    String architecture();

    /**
     * Returns the number of the second matrix that scores labels of classifications. A layer of dropout before it has a
     * number of its own.
     */
    int classifierOutput();
}
