package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import java.util.List;

/**
 * The published heads. L is {@link DebertaConfig#numLabels()}, V the vocabulary. Sources: transformers
 * modeling_deberta_v2.py; microsoft's apps/models/masked_language_model.py and replaced_token_detection_model.py.
 */
final class Heads {
    private Heads() {}

    static Head of(Architecture architecture, DebertaConfig config) {
        return switch (architecture) {
            case ENCODER ->
                encoder -> List.of(
                        new Output(OutputNames.LAST_HIDDEN_STATE, encoder.zeroPadding(encoder.lastHiddenState())));
            case SEQUENCE_CLASSIFICATION -> encoder -> logits(classified(encoder, config.numLabels()));
            case TOKEN_CLASSIFICATION -> Heads::tokenClassification;
            case QUESTION_ANSWERING -> Heads::questionAnswering;
            case MULTIPLE_CHOICE -> Heads::multipleChoice;
            case MASKED_LM -> encoder -> logits(vocabulary(encoder, encoder.lastHiddenState(), config.legacyHead()));
            case MASKED_LM_EMD -> encoder -> logits(vocabulary(encoder, enhancedMaskDecoder(encoder), false));
            case REPLACED_TOKEN_DETECTION -> Heads::replacedTokenDetection;
        };
    }

    private static List<Output> logits(Node logits) {
        return List.of(new Output(OutputNames.LOGITS, logits));
    }

    /** {@code classifier(act(pooler(h[:,0])))}, {@code [B,labels]}. */
    private static Node classified(EncoderOutput encoder, int labels) {
        DebertaConfig config = encoder.config();
        Layers layers = encoder.layers();
        int hidden = config.hiddenSize();
        Layers pooler = layers.scope("pooler");
        Node first = pooler.dropout("dropout", config.dropout().pooler(), encoder.firstToken());
        Node dense = pooler.linear("dense", first, hidden, hidden);
        Node pooled = encoder.builder().named("pooled", layers.activation(config.poolerActivation(), dense));
        Node kept = layers.dropout("dropout", config.dropout().classifier(), pooled);
        return layers.linear("classifier", kept, hidden, labels);
    }

    /** {@code logits [B,S,L]}. */
    private static List<Output> tokenClassification(EncoderOutput encoder) {
        DebertaConfig config = encoder.config();
        Layers layers = encoder.layers();
        Node kept = layers.dropout("dropout", config.dropout().hidden(), encoder.lastHiddenState());
        return logits(layers.linear("classifier", kept, config.hiddenSize(), config.numLabels()));
    }

    /** {@code start_logits} and {@code end_logits}, {@code [B,S]} each. */
    private static List<Output> questionAnswering(EncoderOutput encoder) {
        Builder b = encoder.builder();
        int hidden = encoder.config().hiddenSize();
        Node both = encoder.layers().linear("qa_outputs", encoder.lastHiddenState(), hidden, 2);
        Shape shape = Shape.of(encoder.batch(), encoder.length());
        return List.of(
                new Output(OutputNames.START_LOGITS, b.reshape(b.slice(both, 2, 0, 1), shape)),
                new Output(OutputNames.END_LOGITS, b.reshape(b.slice(both, 2, 1, 2), shape)));
    }

    /** {@code logits [B,C]}. */
    private static List<Output> multipleChoice(EncoderOutput encoder) {
        Shape given = encoder.inputs().given().getFirst().shape();
        return logits(encoder.builder().reshape(classified(encoder, 1), Shape.of(given.dim(0), given.dim(1))));
    }

    /**
     * Scores of words for a state, {@code [B,S,V]}, or {@code [N,V]} where some rows are to be predicted.
     *
     * @param legacy whether the parameters have HuggingFace's older names, and not the newer ones, which are
     *     microsoft's
     */
    private static Node vocabulary(EncoderOutput encoder, Node state, boolean legacy) {
        DebertaConfig config = encoder.config();
        Layers head = encoder.layers().scope(legacy ? "cls.predictions" : "lm_predictions.lm_head");
        Layers transform = legacy ? head.scope("transform") : head;
        Builder b = encoder.builder();
        int width = config.embeddingSize();
        Node dense = transform.linear("dense", encoder.maskedRows(state), config.hiddenSize(), width);
        Node activated = transform.activation(config.hiddenActivation(), dense);
        Node normalised = transform.layerNorm("LayerNorm", activated, width, config.layerNormEps());
        Node table = config.tieWordEmbeddings() || !legacy
                ? encoder.encoder().wordEmbeddings()
                : head.param("decoder.weight", config.vocabSize(), width);
        return b.add(b.dotTransposed(normalised, table), head.param("bias", config.vocabSize()));
    }

    /**
     * Returns the enhanced mask decoder (He et al. 2021, section 3.2): absolute positions enter only here, as queries
     * that read the second last layer's output through the last layer, twice. A model whose input has absolute
     * positions does without.
     */
    private static Node enhancedMaskDecoder(EncoderOutput encoder) {
        DebertaConfig config = encoder.config();
        if (config.positionBiasedInput()) {
            return encoder.lastHiddenState();
        }
        if (config.embeddingSize() != config.hiddenSize()) {
            throw new ConfigException(
                    config.file(),
                    "the enhanced mask decoder adds positions of embedding_size " + config.embeddingSize()
                            + " to states of hidden_size " + config.hiddenSize()
                            + ", which must be the same; use the head masked-lm");
        }
        int last = config.numHiddenLayers() - 1;
        Node content = encoder.hiddenStates().get(last);
        Node queries = encoder.builder().add(content, encoder.encoder().absolutePositions());
        Node once = encoder.encoder().layer(last, queries, content);
        return encoder.encoder().layer(last, once, content);
    }

    /** {@code logits [B,S]}: above zero where the generator has put another token. */
    private static List<Output> replacedTokenDetection(EncoderOutput encoder) {
        DebertaConfig config = encoder.config();
        Builder b = encoder.builder();
        Layers head = encoder.layers().scope("mask_predictions");
        int hidden = config.hiddenSize();
        Node last = encoder.lastHiddenState();
        Node context = b.slice(last, 1, 0, 1);
        Node normalised = head.layerNorm("LayerNorm", b.add(context, last), hidden, config.layerNormEps());
        Node activated = head.activation(config.hiddenActivation(), head.linear("dense", normalised, hidden, hidden));
        Node logits = head.linear("classifier", activated, hidden, 1);
        return logits(b.reshape(logits, Shape.of(encoder.batch(), encoder.length())));
    }
}
