package detangle.models.deberta;

/** A term of the disentangled score that involves relative positions: a value of {@code pos_att_type}. */
public enum PositionTerm {
    /** Content to position: Q_q . PK_idx(q,k). */
    C2P,
    /** Position to content: K_k . PQ_idx(q,k). */
    P2C
}
