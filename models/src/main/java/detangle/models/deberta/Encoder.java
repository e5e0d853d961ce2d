package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.deberta.DisentangledSelfAttention.Positions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Embeddings and transformer layers: tokens to hidden states. */
final class Encoder {
    private final DebertaConfig config;
    private final Layers layers;
    private final ModelInputs inputs;
    private final DisentangledSelfAttention attention;
    private final Optional<Positions> positions;
    private final Layers embeddingLayers;
    private final Node wordEmbeddings;
    private final Optional<SharedTables> shared;
    private final EmbeddingRules rules;
    private final List<Node> hiddenStates = new ArrayList<>();
    private final List<Node> attentions = new ArrayList<>();

    /**
     * Makes an encoder.
     *
     * @param layers the scope of the parameters, {@code deberta}
     * @param shared the tables of another encoder in which this one looks up words and positions; empty for its own
     * @param rules how embeddings are made
     */
    Encoder(
            DebertaConfig config,
            Layers layers,
            ModelInputs inputs,
            ModelOptions options,
            Optional<SharedTables> shared,
            EmbeddingRules rules) {
        this.config = config;
        this.rules = rules;
        this.layers = layers.scope("encoder");
        this.inputs = inputs;
        this.attention = new DisentangledSelfAttention(config, inputs, options.padding());
        this.embeddingLayers = layers.scope("embeddings");
        this.wordEmbeddings =
                embeddingLayers.param("word_embeddings.weight", config.vocabSize(), config.embeddingSize());
        this.shared = shared;
        this.positions = config.relativeAttention() ? Optional.of(positions(options.convention())) : Optional.empty();
        hiddenStates.add(embeddings(embeddingLayers));
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            hiddenStates.add(next(i));
        }
    }

    /**
     * Returns the embedding output and each layer's output, {@code [B,S,H]} each; rows of padding are not zeroed but
     * the first.
     */
    List<Node> hiddenStates() {
        return hiddenStates;
    }

    /** Returns the probabilities of each layer, {@code [B,A,S,S]}. */
    List<Node> attentions() {
        return attentions;
    }

    /** Returns the scope of the tables of embeddings. */
    Layers embeddingLayers() {
        return embeddingLayers;
    }

    /** Returns the table of words {@code [V,E]}, which masked LM shares. */
    Node wordEmbeddings() {
        return wordEmbeddings;
    }

    /**
     * Returns rows of the table of absolute positions, {@code [1,S,E]}, which the enhanced mask decoder starts from.
     */
    Node absolutePositions() {
        Builder b = embeddingLayers.builder();
        Node ids = b.iota(TensorType.of(DType.I64, Dim.of(1), inputs.length()), 1);
        int count = config.maxPositionEmbeddings();
        int width = config.embeddingSize();
        return shared.map(tables -> tables.rows("position_embeddings", count, width, ids))
                .orElseGet(() -> b.gather(embeddingLayers.param("position_embeddings.weight", count, width), ids));
    }

    private Node next(int index) {
        Node previous = hiddenStates.getLast();
        DisentangledSelfAttention.Result attended = attend(index, previous, previous);
        attentions.add(attended.probabilities());
        Node hidden = feedForward(index, attended.context(), previous);
        return index == 0 && config.convolution().isPresent()
                ? convolution(layers.scope("conv"), config.convolution().get(), hiddenStates.getFirst(), hidden)
                : hidden;
    }

    /** Returns a layer whose queries, and residual, are not the content that it reads; without the convolution. */
    Node layer(int index, Node queries, Node content) {
        return feedForward(index, attend(index, queries, content).context(), queries);
    }

    private DisentangledSelfAttention.Result attend(int index, Node queries, Node content) {
        Layers scope = layers.scope("layer." + index + ".attention.self");
        return attention.apply(scope, queries, content, positions);
    }

    private Node feedForward(int index, Node context, Node residual) {
        Layers scope = layers.scope("layer." + index);
        Builder b = scope.builder();
        int hidden = config.hiddenSize();
        double eps = config.layerNormEps();
        Layers attentionOutput = scope.scope("attention.output");
        double rate = config.dropout().hidden();
        Node projected =
                attentionOutput.dropout("dropout", rate, attentionOutput.linear("dense", context, hidden, hidden));
        Node attended = attentionOutput.layerNorm("LayerNorm", b.add(projected, residual), hidden, eps);
        Node inner = scope.scope("intermediate").linear("dense", attended, hidden, config.intermediateSize());
        Node activated = b.named("intermediate", scope.activation(config.hiddenActivation(), inner));
        Layers output = scope.scope("output");
        Node dense =
                output.dropout("dropout", rate, output.linear("dense", activated, config.intermediateSize(), hidden));
        return output.layerNorm("LayerNorm", b.add(dense, attended), hidden, eps);
    }

    private Node embeddings(Layers scope) {
        Builder b = scope.builder();
        int size = config.embeddingSize();
        Node sum = shared.map(tables -> tables.rows("word_embeddings", config.vocabSize(), size, inputs.ids()))
                .orElseGet(() -> rules.words().rows(b, wordEmbeddings, inputs.ids()));
        if (config.positionBiasedInput()) {
            sum = b.add(sum, absolutePositions());
        }
        if (inputs.tokenTypes().isPresent()) {
            Node table = scope.param("token_type_embeddings.weight", config.typeVocabSize(), size);
            sum = b.add(sum, b.gather(table, inputs.tokenTypes().get()));
        }
        if (size != config.hiddenSize()) {
            sum = scope.linearWithoutBias("embed_proj", sum, size, config.hiddenSize());
        }
        Node normalised =
                scope.layerNorm("LayerNorm", rules.normInput().apply(sum), config.hiddenSize(), config.layerNormEps());
        Node ofTokens = b.named("output", b.select(inputs.rowMask(), normalised, b.constant(DType.F32, 0)));
        return scope.dropout("dropout", config.dropout().hidden(), ofTokens);
    }

    private Positions positions(Convention convention) {
        int hidden = config.hiddenSize();
        Node table = layers.param("rel_embeddings.weight", 2L * config.attSpan(), hidden);
        Node normalised = config.normalizeRelativeEmbeddings()
                ? layers.layerNorm("LayerNorm", table, hidden, config.layerNormEps())
                : table;
        return new Positions(
                normalised, RelativePositions.index(layers.builder(), config, convention, inputs.length()));
    }

    /** Returns the convolution of v2-xlarge and v2-xxlarge, over the embedding output, beside the first layer. */
    private Node convolution(Layers scope, DebertaConfig.Convolution conv, Node embeddings, Node hidden) {
        Builder b = scope.builder();
        int size = config.hiddenSize();
        Node weight = scope.param("conv.weight", size, size / conv.groups(), conv.kernelSize());
        Node convolved = b.add(
                b.op(new TensorOp.Conv1d(conv.groups(), (conv.kernelSize() - 1) / 2), embeddings, weight),
                scope.param("conv.bias", size));
        Node zero = b.constant(DType.F32, 0);
        Node kept = scope.dropout("dropout", config.dropout().hidden(), b.select(inputs.rowMask(), convolved, zero));
        Node activated = scope.activation(conv.activation(), kept);
        Node sum = b.add(hidden, activated);
        Node normalised = scope.layerNorm("LayerNorm", sum, size, config.layerNormEps());
        return b.named("output", b.select(inputs.rowMask(), normalised, zero));
    }
}
