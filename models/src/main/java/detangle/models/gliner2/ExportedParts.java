package detangle.models.gliner2;

/**
 * Inputs and outputs of an exported GLiNER2 model, beside the encoder's {@code i64[1,S]}. It reads one text of W words
 * and one part of a schema with F fields, and scores spans of up to K words. The names of the inputs and of {@link
 * #SPAN_SCORES} are those of the exports that fast_gliner reads.
 */
public final class ExportedParts {
    /** The first token of each word, {@code i64[W]}; words of choices stand before those of the text. */
    public static final String TEXT_POSITIONS = "text_positions";

    /** The token {@code [P]} and then the token that marks each field or label, {@code i64[1+F]}. */
    public static final String SCHEMA_POSITIONS = "schema_positions";

    /**
     * The first and the last word of each span, those of a word side by side, {@code i64[1,W*K,2]}; zeros for one that
     * is longer than the text.
     */
    public static final String SPAN_IDX = "span_idx";

    /** Probabilities of spans in the first instance, which is the only one of entities, {@code f32[1,F,W,K]}. */
    public static final String SPAN_SCORES = "span_scores";

    /**
     * Probabilities of spans in each instance, {@code f32[19,F,W,K]}; {@link #COUNT_LOGITS} says how many of the
     * instances there are.
     */
    public static final String INSTANCE_SCORES = "instance_scores";

    /** Logits of the number of instances from 0 to 19, {@code f32[1,20]}; the number with the greatest logit counts. */
    public static final String COUNT_LOGITS = "count_logits";

    /** Logits of the labels, if the part is a classification, {@code f32[1,F]}. */
    public static final String LABEL_LOGITS = "label_logits";

    private ExportedParts() {}
}
