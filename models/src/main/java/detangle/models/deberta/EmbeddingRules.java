package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;
import java.util.function.UnaryOperator;

/**
 * The way in which the embeddings of an encoder are made.
 *
 * @param words the vectors of tokens, before positions and token types are added
 * @param normInput makes the input of the embeddings' LayerNorm, {@code [B,S,H]}, of their sum
 */
record EmbeddingRules(Words words, UnaryOperator<Node> normInput) {
    /** The rows of the table of words, to whose sum nothing else is done. */
    static final EmbeddingRules PLAIN = new EmbeddingRules(Builder::gather, UnaryOperator.identity());

    /** Makes the vectors of tokens. */
    @FunctionalInterface
    interface Words {
        /**
         * Returns them, {@code [B,S,E]}.
         *
         * @param table of words, {@code [V,E]}
         * @param ids of tokens, {@code i64[B,S]}
         */
        Node rows(Builder b, Node table, Node ids);
    }

    static EmbeddingRules of(Head head) {
        return new EmbeddingRules(head::words, UnaryOperator.identity());
    }

    static EmbeddingRules withNormInput(UnaryOperator<Node> normInput) {
        return new EmbeddingRules(Builder::gather, normInput);
    }
}
