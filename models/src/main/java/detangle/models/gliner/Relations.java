package detangle.models.gliner;

import java.util.Optional;

/**
 * The way in which a model finds relations between entities (gliner/modeling/base.py:2127-2495).
 *
 * @param pairs which pairs of entities may be related
 * @param scoring how a pair is scored against relations
 * @param relToken stands before each relation in the prompt
 * @param relTokenIndex the id of {@code relToken}; empty where the tokenizer must tell
 * @param embedRelToken whether a relation's state is that of the token before it, and not that of its own first token
 */
public record Relations(
        Pairs pairs, PairScoring scoring, String relToken, Optional<Integer> relTokenIndex, boolean embedRelToken) {
    /** Which ordered pairs of different entities are scored; relations_layer says it. */
    public enum Pairs {
        /** All of them. */
        ALL,
        /** Those the sigmoid of whose dot product is above a threshold. */
        DOT
    }

    /** The way in which a pair is scored, which triples_layer names. */
    public enum PairScoring {
        /** Two matrices over both vectors make one of them, whose product with the relation's is the score. */
        CONCATENATION,
        /** The sum of the products of the three vectors' elements (Yang et al. 2015, DistMult). */
        DIST_MULT
    }
}
