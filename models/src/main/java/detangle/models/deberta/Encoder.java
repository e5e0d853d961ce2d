package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Embeddings and transformer layers: tokens to hidden states. */
final class Encoder {
    private final DebertaConfig config;
    private final Layers layers;
    private final DisentangledSelfAttention attention;

    /** @param layers scope of the parameters, {@code deberta} */
    Encoder(DebertaConfig config, Layers layers) {
        this.config = config;
        this.layers = layers;
        this.attention = new DisentangledSelfAttention(config);
    }

    /** The embedding output and each layer's output, {@code [B,S,H]} each; rows of padding are not zeroed but the first. */
    List<Node> hiddenStates(ModelInputs inputs) {
        Builder b = layers.builder();
        Node embeddings = embeddings(layers.scope("embeddings"), inputs);
        Layers encoder = layers.scope("encoder");
        Dim length = inputs.length();
        Node mask = b.named(
                "mask",
                b.and(
                        b.reshape(inputs.mask(), inputs.batch(), Dim.of(1), length, Dim.of(1)),
                        b.reshape(inputs.mask(), inputs.batch(), Dim.of(1), Dim.of(1), length)));
        Optional<DisentangledSelfAttention.Positions> positions =
                config.relativeAttention() ? Optional.of(positions(encoder, length)) : Optional.empty();

        List<Node> states = new ArrayList<>(List.of(embeddings));
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            Node hidden = layer(encoder.scope("layer." + i), states.getLast(), states.getLast(), mask, positions);
            if (i == 0 && config.convolution().isPresent()) {
                hidden = convolution(encoder.scope("conv"), config.convolution().get(), embeddings, hidden, inputs);
            }
            states.add(hidden);
        }
        return states;
    }

    private Node embeddings(Layers scope, ModelInputs inputs) {
        Builder b = scope.builder();
        int size = config.embeddingSize();
        Node sum = b.gather(scope.param("word_embeddings.weight", config.vocabSize(), size), inputs.ids());
        if (config.positionBiasedInput()) {
            Node table = scope.param("position_embeddings.weight", config.maxPositionEmbeddings(), size);
            Node ids = b.iota(TensorType.of(DType.I64, Dim.of(1), inputs.length()), 1);
            sum = b.add(sum, b.gather(table, ids));
        }
        if (config.typeVocabSize() > 0) {
            Node table = scope.param("token_type_embeddings.weight", config.typeVocabSize(), size);
            sum = b.add(sum, b.gather(table, inputs.tokenTypes()));
        }
        if (size != config.hiddenSize()) {
            sum = scope.linearWithoutBias("embed_proj", sum, size, config.hiddenSize());
        }
        Node normalised = scope.layerNorm("LayerNorm", sum, config.hiddenSize(), config.layerNormEps());
        return b.named("output", b.select(inputs.rowMask(), normalised, b.constant(DType.F32, 0)));
    }

    private DisentangledSelfAttention.Positions positions(Layers encoder, Dim length) {
        int hidden = config.hiddenSize();
        Node table = encoder.param("rel_embeddings.weight", 2L * config.attSpan(), hidden);
        Node normalised = config.normalizeRelativeEmbeddings()
                ? encoder.layerNorm("LayerNorm", table, hidden, config.layerNormEps())
                : table;
        return new DisentangledSelfAttention.Positions(
                normalised, RelativePositions.index(encoder.builder(), config, length));
    }

    private Node layer(
            Layers scope,
            Node queries,
            Node content,
            Node mask,
            Optional<DisentangledSelfAttention.Positions> positions) {
        Builder b = scope.builder();
        int hidden = config.hiddenSize();
        double eps = config.layerNormEps();
        Node context = attention.apply(scope.scope("attention.self"), queries, content, mask, positions);
        Layers attentionOutput = scope.scope("attention.output");
        Node attended = attentionOutput.layerNorm(
                "LayerNorm",
                attentionOutput.builder().add(attentionOutput.linear("dense", context, hidden, hidden), queries),
                hidden,
                eps);
        Node inner = scope.scope("intermediate").linear("dense", attended, hidden, config.intermediateSize());
        Node activated = b.named("intermediate", scope.activation(config.hiddenActivation(), inner));
        Layers output = scope.scope("output");
        Node dense = output.linear("dense", activated, config.intermediateSize(), hidden);
        return output.layerNorm("LayerNorm", b.add(dense, attended), hidden, eps);
    }

    /** The convolution of v2-xlarge and v2-xxlarge, over the embedding output, beside the first layer. */
    private Node convolution(
            Layers scope, DebertaConfig.Convolution conv, Node embeddings, Node hidden, ModelInputs inputs) {
        Builder b = scope.builder();
        int size = config.hiddenSize();
        Node weight = scope.param("conv.weight", size, size / conv.groups(), conv.kernelSize());
        Node convolved = b.add(
                b.op(new TensorOp.Conv1d(conv.groups(), (conv.kernelSize() - 1) / 2), embeddings, weight),
                scope.param("conv.bias", size));
        Node zero = b.constant(DType.F32, 0);
        Node activated = scope.activation(conv.activation(), b.select(inputs.rowMask(), convolved, zero));
        Node sum = b.add(hidden, activated);
        Node normalised = scope.layerNorm("LayerNorm", sum, size, config.layerNormEps());
        return b.named("output", b.select(inputs.rowMask(), normalised, zero));
    }
}
