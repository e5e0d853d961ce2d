package detangle.backend.tornado;

import detangle.ir.AttentionDropout;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import java.util.Optional;

/**
 * The parts that padded and packed attention have in common.
 *
 * @param scale what scores are multiplied with
 * @param c2p whether there is a term of queries and positions; {@code p2c} stands for that of keys and positions
 * @param length one more than the largest position, where sequences are packed
 */
record AttentionForm(double scale, boolean c2p, boolean p2c, Optional<Dim> length, AttentionDropout dropout) {
    static AttentionForm of(KernelOp.DisentangledAttention op) {
        return new AttentionForm(op.scale(), op.c2p(), op.p2c(), Optional.empty(), op.dropout());
    }

    static AttentionForm of(KernelOp.PackedAttention op) {
        return new AttentionForm(op.scale(), op.c2p(), op.p2c(), Optional.of(op.length()), op.dropout());
    }

    boolean packed() {
        return length.isPresent();
    }

    /** Returns the place of the first table of positions among the operands. */
    int firstTable() {
        return packed() ? 7 : 4;
    }

    /** Returns how many operands are tables of positions or the index into them. */
    int tables() {
        return (c2p ? 1 : 0) + (p2c ? 1 : 0) + (c2p || p2c ? 1 : 0);
    }
}
