package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import java.util.Optional;

/**
 * Disentangled self-attention (He et al. 2021, DeBERTa, section 3.1): scores from content to content, content to
 * position and position to content.
 */
final class DisentangledSelfAttention {
    private final DebertaConfig config;
    private final ModelInputs inputs;
    private final boolean uniformPadding;

    /** The normalised table of relative positions {@code [2*span,H]} and the row of it for each query and key. */
    record Positions(Node embeddings, Node index) {}

    /** @param uniformPadding see {@link ModelOptions} */
    DisentangledSelfAttention(DebertaConfig config, ModelInputs inputs, boolean uniformPadding) {
        this.config = config;
        this.inputs = inputs;
        this.uniformPadding = uniformPadding;
    }

    /** The context {@code [B,S,H]} and the probabilities {@code [B,A,S,S]}, which are zero for a query that sees nothing. */
    record Result(Node context, Node probabilities) {}

    /**
     * @param layers scope of the parameters, {@code ...attention.self}
     * @param queries where queries come from, {@code [B,S,H]}; the enhanced mask decoder's differ from the content
     * @param content where keys and values come from, {@code [B,S,H]}
     */
    Result apply(Layers layers, Node queries, Node content, Optional<Positions> positions) {
        Builder b = layers.builder();
        Projections projections = Projections.of(config, layers);
        Node q = b.named("q", heads(layers, projections.query(queries)));
        Node k = b.named("k", heads(layers, projections.key(content)));
        Node value = projections.value(content);
        Node v = b.named("v", heads(layers, value));

        Node scores = b.named("c2c", b.dotTransposed(q, k));
        if (positions.isPresent()) {
            scores = addPositionTerms(layers, projections, q, k, scores, positions.get());
        }
        Node scaled = b.named("scores", b.mul(scores, b.constant(DType.F32, config.scoreScale())));
        Node probabilities = layers.maskedSoftmax(scaled, inputs.pairMask());
        Node context = b.transpose(b.dot(probabilities, v), 0, 2, 1, 3);
        Shape merged = queries.shape().with(-1, Dim.of(config.hiddenSize()));
        Node ofTokens = b.reshape(context, merged);
        Node all = uniformPadding ? b.select(inputs.rowMask(), ofTokens, mean(b, value)) : ofTokens;
        return new Result(b.named("context", all), probabilities);
    }

    /** The mean over the sequence, padding included, {@code [B,1,H]} of {@code [B,S,H]}. */
    private static Node mean(Builder b, Node x) {
        Node ones = b.broadcast(
                b.constant(DType.F32, 1), Shape.of(Dim.of(1), x.type().dim(1), Dim.of(1)));
        return b.div(b.reduce(ReduceFunction.SUM, x, 1), b.reduce(ReduceFunction.SUM, ones, 1));
    }

    private Node addPositionTerms(
            Layers layers, Projections projections, Node q, Node k, Node scores, Positions positions) {
        Builder b = layers.builder();
        Node sum = scores;
        if (config.has(PositionTerm.C2P)) {
            Node pk = b.named("pk", positionHeads(layers, projections.positionKey(positions.embeddings())));
            sum = b.add(sum, b.named("c2p", b.gatherLast(b.dotTransposed(q, pk), positions.index())));
        }
        if (config.has(PositionTerm.P2C)) {
            Node pq = b.named("pq", positionHeads(layers, projections.positionQuery(positions.embeddings())));
            // Rows are keys here, so the index is read transposed, and so is the result.
            Node byKey = b.gatherLast(b.dotTransposed(k, pq), b.transpose(positions.index(), 1, 0));
            sum = b.add(sum, b.named("p2c", b.transpose(byKey, 0, 1, 3, 2)));
        }
        return sum;
    }

    /** {@code [B,S,A*d]} to {@code [B,A,S,d]}. */
    private Node heads(Layers layers, Node x) {
        Node split = layers.splitHeads(x, config.numAttentionHeads(), config.headSize());
        return layers.builder().transpose(split, 0, 2, 1, 3);
    }

    /** {@code [P,A*d]} to {@code [A,P,d]}. */
    private Node positionHeads(Layers layers, Node x) {
        Node split = layers.splitHeads(x, config.numAttentionHeads(), config.headSize());
        return layers.builder().transpose(split, 1, 0, 2);
    }
}
