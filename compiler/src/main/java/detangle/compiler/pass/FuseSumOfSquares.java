package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.Idioms;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.List;
import java.util.Optional;

/**
 * A sum of squares becomes one kernel, which keeps no squares in memory. The norm of gradients is the root of such
 * sums.
 *
 * <pre>
 * %f = reshape %x : f32[N]
 * %q = mul %f, %f                              =>   %y = sum_of_squares %x : f32[]
 * %y = reshape (reduce_sum %q {axis=0}) : f32[]
 * </pre>
 */
public final class FuseSumOfSquares implements Pass, Rule {
    @Override
    public String name() {
        return "fuse-sum-of-squares";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, List.of(this));
    }

    @Override
    public Optional<Node> rewrite(Node node, Uses uses) {
        boolean sums = node.op() instanceof TensorOp.Reshape
                && node.type().rank() == 0
                && node.input(0).op() instanceof TensorOp.Reduce;
        if (!sums) {
            return Optional.empty();
        }
        Builder b = new Builder();
        Pattern pattern = new Pattern(uses);
        Shape flat = node.input(0).input(0).shape();
        Node x = pattern.any(new TensorType(node.type().dtype(), flat));
        if (flat.rank() != 1 || !pattern.matches(new Idioms(b).sumOfSquares(x), node)) {
            return Optional.empty();
        }
        Node of = pattern.at(x);
        Node whole = of.op() instanceof TensorOp.Reshape ? of.input(0) : of;
        return switch (node.type().dtype()) {
            case F32, F64 -> Optional.of(b.op(new KernelOp.SumOfSquares(), whole));
            case F16, BF16, I32, I64, I8, I1 -> Optional.empty();
        };
    }
}
