package detangle.models.gliner;

/**
 * The names of the inputs and of the output of GLiNER models in other runtimes, beside those of the encoder, as
 * gliner's own exports have them (gliner/model.py, _get_onnx_input_spec). B texts have at most S tokens and W words.
 */
public final class ExportedNames {
    /** The input with 1, 2, 3, ... at the first tokens of words and 0 elsewhere, {@code i64[B,S]}. */
    public static final String WORDS_MASK = "words_mask";

    /** The number of words of each text, {@code i64[B,1]}. */
    public static final String TEXT_LENGTHS = "text_lengths";

    /** The first and last word of each span of up to K words, those of a word side by side, {@code i64[B,W*K,2]}. */
    public static final String SPAN_IDX = "span_idx";

    /** The mask of spans that the text has, {@code i1[B,W*K]}. */
    public static final String SPAN_MASK = "span_mask";

    /** The tokens of the labels of a bi-encoder, {@code i64[C,L]}. */
    public static final String LABEL_IDS = "labels_input_ids";

    /** The mask of these tokens: 1 at tokens and 0 at padding, {@code i64[C,L]}. */
    public static final String LABEL_MASK = "labels_attention_mask";

    /** The output: {@code f32[B,W,K,C]} of spans, or {@code f32[B,W,C,3]} of words. */
    public static final String LOGITS = "logits";

    private ExportedNames() {}
}
