package detangle.models.gliner;

import java.util.Optional;

/**
 * The way in which a model finds relations between entities (gliner/modeling/base.py:2127-2495).
 *
 * @param pairs which pairs of entities may be related
 * @param scoring how a pair is scored against relations
 * @param relToken the token before each relation in the prompt
 * @param relTokenIndex the id of {@code relToken}; empty if the tokenizer has to state it
 * @param embedRelToken whether a relation's state is that of the token before it; otherwise it is that of its own first
 *     token
 */
public record Relations(
        Pairs pairs, PairScoring scoring, String relToken, Optional<Integer> relTokenIndex, boolean embedRelToken) {
    /** The ordered pairs of different entities that are scored (relations_layer). */
    public enum Pairs {
        /** All pairs. */
        ALL,
        /** The pairs whose dot product has a sigmoid above a threshold. */
        DOT
    }

    /** The way in which a pair is scored (triples_layer). */
    public enum PairScoring {
        /** Two matrices make one vector of both vectors; its product with the relation's vector is the score. */
        CONCATENATION,
        /** The sum of the products of the three vectors' elements (Yang et al. 2015, DistMult). */
        DIST_MULT
    }
}
