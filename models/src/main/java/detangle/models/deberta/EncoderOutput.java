package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Shape;
import java.util.List;
import java.util.Optional;

/**
 * The output of an encoder, which a {@link Head} takes. B is the number of sequences, S their length, H the hidden
 * size.
 */
public final class EncoderOutput {
    private final DebertaConfig config;
    private final Layers layers;
    private final ModelInputs inputs;
    private final ModelOptions options;
    private final Encoder encoder;
    private final List<Node> hiddenStates;

    private EncoderOutput(
            DebertaConfig config,
            Layers layers,
            ModelInputs inputs,
            ModelOptions options,
            Optional<SharedTables> shared,
            EmbeddingRules rules) {
        this.config = config;
        this.layers = layers;
        this.inputs = inputs;
        this.options = options;
        this.encoder = new Encoder(config, layers.scope("deberta"), inputs, options, shared, rules);
        this.hiddenStates = List.copyOf(encoder.hiddenStates());
    }

    /**
     * Returns an encoder, and the inputs of its program.
     *
     * @param choices whether sequences are grouped, as in multiple choice
     * @param masked whether there are {@code masked_rows}
     * @throws ConfigException if the configuration asks for something that cannot be built
     */
    static EncoderOutput of(
            DebertaConfig config, ModelOptions options, boolean choices, boolean masked, Dropout dropout) {
        return of(config, options, choices, masked, dropout, EmbeddingRules.PLAIN);
    }

    /**
     * Builds an encoder, as {@link #of(DebertaConfig, ModelOptions, boolean, boolean, Dropout)} does, with other
     * embeddings.
     *
     * @param rules how embeddings are made
     */
    static EncoderOutput of(
            DebertaConfig config,
            ModelOptions options,
            boolean choices,
            boolean masked,
            Dropout dropout,
            EmbeddingRules rules) {
        Layers layers = Layers.of(new Builder(), dropout);
        ModelInputs inputs = ModelInputs.of(layers.builder(), config, options, choices, masked);
        return new EncoderOutput(config, layers, inputs, options, Optional.empty(), rules);
    }

    /**
     * Builds an encoder in a program that may hold others.
     *
     * @param layers the scope of its parameters and of those of its head
     * @param shared the tables of another encoder in which this one looks up words and positions; empty for its own
     * @throws ConfigException if the configuration asks for something that cannot be built
     */
    static EncoderOutput of(
            DebertaConfig config,
            ModelOptions options,
            Layers layers,
            ModelInputs inputs,
            Optional<SharedTables> shared) {
        return new EncoderOutput(config, layers, inputs, options, shared, EmbeddingRules.PLAIN);
    }

    /**
     * Builds the same encoder again over the same inputs, with dropout of its own. It has tables of its own.
     *
     * @param normInput the input of the embeddings' LayerNorm in place of their sum, {@code [B,S,H]}
     */
    EncoderOutput again(Node normInput) {
        return new EncoderOutput(
                config, layers, inputs, options, Optional.empty(), EmbeddingRules.withNormInput(sum -> normInput));
    }

    public DebertaConfig config() {
        return config;
    }

    public Builder builder() {
        return layers.builder();
    }

    /** Layers with parameters, named from the top of the checkpoint. */
    public Layers layers() {
        return layers;
    }

    /** Returns tokens, {@code i64[B,S]}. */
    public Node inputIds() {
        return inputs.ids();
    }

    /** {@code i1[B,S,1]}, true at tokens. */
    public Node tokenMask() {
        return inputs.rowMask();
    }

    /**
     * Returns the embeddings and the output of each layer, {@code f32[B,S,H]}; what stands at padded positions is not
     * said.
     */
    public List<Node> hiddenStates() {
        return hiddenStates;
    }

    /** Returns the output of the last layer, {@code f32[B,S,H]}; what stands at padded positions is not said. */
    public Node lastHiddenState() {
        return hiddenStates.getLast();
    }

    /** Returns the last hidden state of the first token, [CLS], {@code f32[B,H]}. */
    public Node firstToken() {
        Node last = lastHiddenState();
        return builder()
                .reshape(
                        builder().slice(last, 1, 0, 1),
                        Shape.of(batch(), last.type().dim(2)));
    }

    /** Returns a state of the tokens, with zeros at padded positions. */
    public Node zeroPadding(Node state) {
        return builder().select(inputs.rowMask(), state, builder().constant(DType.F32, 0));
    }

    /**
     * Returns the rows of a state that are to be predicted, {@code [N,...]} of {@code [B,S,...]}, where the input
     * {@code masked_rows} names some; otherwise the state.
     */
    public Node maskedRows(Node state) {
        Shape shape = state.shape();
        Shape flat = Shape.of(batch().times(length())).concat(shape.sub(2, shape.rank()));
        return inputs.maskedRows()
                .map(rows -> builder().gather(builder().reshape(state, flat), rows))
                .orElse(state);
    }

    /** Returns the size of the batch, B. */
    public Dim batch() {
        return inputs.batch();
    }

    /** Returns the length of the sequences, S. */
    public Dim length() {
        return inputs.length();
    }

    /** Returns the inputs as they are given, where each sequence may stand for a choice of several. */
    ModelInputs inputs() {
        return inputs;
    }

    Encoder encoder() {
        return encoder;
    }
}
