package detangle.models.gliner;

/** The ways in which the states of a span's first and last word make its representation. */
public enum SpanMode {
    /** The mode of the first models: projections twice as wide inside, and one matrix at the end. */
    MARKER,
    /** Projections four times as wide inside, at the end too. */
    MARKER_V0
}
