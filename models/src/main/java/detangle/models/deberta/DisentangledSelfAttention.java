package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Shape;
import java.util.Optional;

/**
 * Disentangled self-attention (He et al. 2021, DeBERTa, section 3.1): scores from content to content, content to
 * position and position to content.
 */
final class DisentangledSelfAttention {
    private final DebertaConfig config;

    /** The normalised table of relative positions {@code [2*span,H]} and the row of it for each query and key. */
    record Positions(Node embeddings, Node index) {}

    DisentangledSelfAttention(DebertaConfig config) {
        this.config = config;
    }

    /**
     * @param layers scope of the parameters, {@code ...attention.self}
     * @param queries where queries come from, {@code [B,S,H]}; the enhanced mask decoder's differ from the content
     * @param content where keys and values come from, {@code [B,S,H]}
     * @param mask {@code i1[B,1,S,S]}, true where a query sees a key
     * @return the context {@code [B,S,H]}, zero for a query that sees nothing
     */
    Node apply(Layers layers, Node queries, Node content, Node mask, Optional<Positions> positions) {
        Builder b = layers.builder();
        int hidden = config.hiddenSize();
        Node q = b.named("q", heads(layers, layers.linear("query_proj", queries, hidden, hidden)));
        Node k = b.named("k", heads(layers, layers.linear("key_proj", content, hidden, hidden)));
        Node v = b.named("v", heads(layers, layers.linear("value_proj", content, hidden, hidden)));

        Node scores = b.named("c2c", b.dotTransposed(q, k));
        if (positions.isPresent()) {
            scores = addPositionTerms(layers, q, k, scores, positions.get());
        }
        Node scaled = b.named("scores", b.mul(scores, b.constant(DType.F32, config.scoreScale())));
        Node probabilities = layers.maskedSoftmax(scaled, mask);
        Node context = b.transpose(b.dot(probabilities, v), 0, 2, 1, 3);
        Shape merged = queries.shape().with(-1, Dim.of(hidden));
        return b.named("context", b.reshape(context, merged));
    }

    private Node addPositionTerms(Layers layers, Node q, Node k, Node scores, Positions positions) {
        Builder b = layers.builder();
        Node sum = scores;
        if (config.has(PositionTerm.C2P)) {
            Node pk = b.named("pk", positionKeys(layers, positions.embeddings()));
            sum = b.add(sum, b.named("c2p", b.gatherLast(b.dotTransposed(q, pk), positions.index())));
        }
        if (config.has(PositionTerm.P2C)) {
            Node pq = b.named("pq", positionQueries(layers, positions.embeddings()));
            // Rows are keys here, so the index is read transposed, and so is the result.
            Node byKey = b.gatherLast(b.dotTransposed(k, pq), b.transpose(positions.index(), 1, 0));
            sum = b.add(sum, b.named("p2c", b.transpose(byKey, 0, 1, 3, 2)));
        }
        return sum;
    }

    private Node positionKeys(Layers layers, Node embeddings) {
        String name = config.shareAttKey() ? "key_proj" : "pos_key_proj";
        return positionHeads(layers, layers.linear(name, embeddings, config.hiddenSize(), config.hiddenSize()));
    }

    private Node positionQueries(Layers layers, Node embeddings) {
        String name = config.shareAttKey() ? "query_proj" : "pos_query_proj";
        return positionHeads(layers, layers.linear(name, embeddings, config.hiddenSize(), config.hiddenSize()));
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
