package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Shape;

/**
 * The matrices that self-attention multiplies its operands by. Each result is {@code [...,A*d]} of an operand {@code
 * [...,H]}.
 */
interface Projections {
    Node query(Node x);

    Node key(Node x);

    Node value(Node x);

    /** Keys of relative positions, from the rows of their table. */
    Node positionKey(Node table);

    /** Returns queries of relative positions, from the rows of their table. */
    Node positionQuery(Node table);

    /** @param layers scope of the parameters, {@code ...attention.self} */
    static Projections of(DebertaConfig config, Layers layers) {
        return switch (config.modelType()) {
            case DEBERTA -> new V1(config, layers);
            case DEBERTA_V2 -> new V2(config, layers);
        };
    }

    /** A matrix and a bias for each, positions may use the content's (modeling_deberta_v2.py). */
    record V2(DebertaConfig config, Layers layers) implements Projections {
        @Override
        public Node query(Node x) {
            return project("query_proj", x);
        }

        @Override
        public Node key(Node x) {
            return project("key_proj", x);
        }

        @Override
        public Node value(Node x) {
            return project("value_proj", x);
        }

        @Override
        public Node positionKey(Node table) {
            return project(config.shareAttKey() ? "key_proj" : "pos_key_proj", table);
        }

        @Override
        public Node positionQuery(Node table) {
            return project(config.shareAttKey() ? "query_proj" : "pos_query_proj", table);
        }

        private Node project(String name, Node x) {
            return layers.linear(name, x, config.hiddenSize(), config.hiddenSize());
        }
    }

    /**
     * The layout of v1: one matrix for all of the content, its rows grouped as {@code [A][query,key,value][d]}; keys
     * have no bias, nor have those of positions (modeling_deberta.py).
     */
    record V1(DebertaConfig config, Layers layers) implements Projections {
        @Override
        public Node query(Node x) {
            return withBias(part(0, x), "q_bias");
        }

        @Override
        public Node key(Node x) {
            return part(1, x);
        }

        @Override
        public Node value(Node x) {
            return withBias(part(2, x), "v_bias");
        }

        @Override
        public Node positionKey(Node table) {
            return layers.linearWithoutBias("pos_proj", table, config.hiddenSize(), config.hiddenSize());
        }

        @Override
        public Node positionQuery(Node table) {
            return layers.linear("pos_q_proj", table, config.hiddenSize(), config.hiddenSize());
        }

        private Node withBias(Node x, String name) {
            return layers.builder().add(x, layers.param(name, config.hiddenSize()));
        }

        private Node part(int index, Node x) {
            Builder b = layers.builder();
            long hidden = config.hiddenSize();
            Node all = layers.param("in_proj.weight", 3 * hidden, hidden);
            Node byHead = b.reshape(
                    all, Dim.of(config.numAttentionHeads()), Dim.of(3), Dim.of(config.headSize()), Dim.of(hidden));
            Node rows = b.reshape(b.slice(byHead, 1, index, index + 1), Shape.of(hidden, hidden));
            return b.dotTransposed(x, rows);
        }
    }
}
