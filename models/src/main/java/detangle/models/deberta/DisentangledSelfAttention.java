package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Disentangled self-attention (He et al. 2021, DeBERTa, section 3.1): scores from content to content, content to
 * position and position to content.
 */
final class DisentangledSelfAttention {
    private final DebertaConfig config;
    private final ModelInputs inputs;
    private final PaddedStates padding;

    /** The normalised table of relative positions {@code [2*span,H]} and the row of it for each query and key. */
    record Positions(Node embeddings, Node index) {}

    /** @param padding see {@link ModelOptions} */
    DisentangledSelfAttention(DebertaConfig config, ModelInputs inputs, PaddedStates padding) {
        this.config = config;
        this.inputs = inputs;
        this.padding = padding;
    }

    /**
     * The context {@code [B,S,H]} and the probabilities {@code [B,A,S,S]}, which are zero for a query that sees
     * nothing.
     */
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

        Idioms idioms = new Idioms(b);
        List<Node> terms =
                positions.map(p -> positionTerms(layers, projections, q, k, p)).orElseGet(List::of);
        Node scores = idioms.attentionScores(q, k, terms, config.scoreScale());
        Node probabilities = b.named("p", idioms.maskedSoftmax(scores, inputs.pairMask()));
        Node kept = layers.dropout("dropout", config.dropout().attention(), probabilities);
        Node context = b.transpose(b.dot(kept, v), 0, 2, 1, 3);
        Shape merged = queries.shape().with(-1, Dim.of(config.hiddenSize()));
        Node ofTokens = b.reshape(context, merged);
        Node all = switch (padding) {
            case NOTHING, OF_TOKENS -> ofTokens;
            case UNIFORM -> b.select(inputs.rowMask(), ofTokens, idioms.mean(value, 1));
        };
        return new Result(b.named("context", all), probabilities);
    }

    private List<Node> positionTerms(Layers layers, Projections projections, Node q, Node k, Positions positions) {
        Builder b = layers.builder();
        Idioms idioms = new Idioms(b);
        List<Node> terms = new ArrayList<>();
        // Both terms read one table, and each layer drops other elements of it.
        Node table = layers.dropout("pos_dropout", config.dropout().hidden(), positions.embeddings());
        if (config.has(PositionTerm.C2P)) {
            Node pk = b.named("pk", positionHeads(layers, projections.positionKey(table)));
            terms.add(idioms.contentToPosition(q, pk, positions.index()));
        }
        if (config.has(PositionTerm.P2C)) {
            Node pq = b.named("pq", positionHeads(layers, projections.positionQuery(table)));
            terms.add(idioms.positionToContent(k, pq, positions.index()));
        }
        return terms;
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
