package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.List;
import java.util.Optional;

/**
 * A masked softmax in primitives that belongs to no attention becomes one kernel.
 *
 * <pre>
 * %z = select %m, %x, -inf
 * %e = exp (%z - reduce_max %z)                =>   %p = masked_softmax %x, %m
 * %p = select %m, %e / reduce_sum %e, 0
 * </pre>
 */
public final class FuseSoftmax implements Pass, Rule {
    @Override
    public String name() {
        return "fuse-softmax";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, List.of(this));
    }

    @Override
    public Optional<Node> rewrite(Node node, Uses uses) {
        return SoftmaxPattern.match(node, uses)
                .map(p -> new Builder().op(new KernelOp.MaskedSoftmax(), p.scores(), p.mask()));
    }
}
