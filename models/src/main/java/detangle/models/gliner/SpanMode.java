package detangle.models.gliner;

/** How the states of a span's first and last word make its representation. */
public enum SpanMode {
    /** Of the first models: projections twice as wide inside, and one matrix at the end. */
    MARKER,
    /** Projections four times as wide inside, at the end too. */
    MARKER_V0
}
