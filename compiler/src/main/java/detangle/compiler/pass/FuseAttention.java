package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Disentangled attention, found in primitives, becomes one kernel without any {@code [S,S]} tensor of scores. The kernel
 * keeps heads next to each other in memory, as the projections around it leave them; the transposes that this adds meet
 * those of the model and cancel.
 *
 * <pre>
 * %s = (q k^T + gather_last(q pk^T, toeplitz(t))
 *             + transpose(gather_last(k pq^T, transpose(toeplitz(t))))) * scale
 * %o = dot masked_softmax(%s, m), v
 * =>
 * %a = disentangled_attention transpose(q), transpose(k), transpose(v), m, pk, pq, t {terms=[c2c,c2p,p2c], scale=...}
 * %o = transpose %a
 * </pre>
 */
public final class FuseAttention implements Pass, Rule {
    private static final Integer[] SWAP_HEADS_AND_SEQUENCE = {0, 2, 1, 3};

    @Override
    public String name() {
        return "fuse-attention";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, List.of(this));
    }

    @Override
    public Optional<Node> rewrite(Node node, Uses uses) {
        // Probabilities that someone else reads are computed anyway.
        return AttentionPattern.match(node)
                .filter(p -> uses.once(node.input(0)))
                .map(FuseAttention::fuse);
    }

    private static Node fuse(AttentionPattern pattern) {
        Builder b = new Builder();
        List<Node> operands = new ArrayList<>();
        for (Node x : List.of(pattern.q(), pattern.k(), pattern.v())) {
            operands.add(b.transpose(x, SWAP_HEADS_AND_SEQUENCE));
        }
        operands.add(pattern.mask());
        pattern.pk().ifPresent(operands::add);
        pattern.pq().ifPresent(operands::add);
        pattern.table().ifPresent(operands::add);
        KernelOp op = new KernelOp.DisentangledAttention(
                pattern.scale(), pattern.pk().isPresent(), pattern.pq().isPresent());
        return b.transpose(b.op(op, operands), SWAP_HEADS_AND_SEQUENCE);
    }
}
