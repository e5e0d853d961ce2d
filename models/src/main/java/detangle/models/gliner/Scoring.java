package detangle.models.gliner;

/** The ways in which a model finds spans of words and scores them against labels (span_mode and represent_spans). */
public sealed interface Scoring {
    /** Each span of at most max_width words is scored against each label. */
    record Spans(SpanMode mode) implements Scoring {}

    /**
     * Each word is scored as the start, the end and the inside of an entity of each label (gliner/modeling/scorers.py).
     */
    record Tokens() implements Scoring {}

    /**
     * The scores of words, as those of {@link Tokens}, only say which spans there are; the spans are then scored
     * against each label (gliner/modeling/base.py, get_span_representations).
     */
    record RepresentedSpans() implements Scoring {}
}
