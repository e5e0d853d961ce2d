package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.unconverted;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rows of a vocabulary, normalised and zeroed at padding, become one kernel that reads the table as it is stored.
 *
 * <pre>
 * %e = convert (gather %table, %ids)
 * %n = layer_norm %e, gamma, beta         =>   %x = embedding %ids, %table, gamma, beta, %m {masked}
 * %x = select %m, %n, 0
 * </pre>
 */
public final class FuseEmbedding implements Pass {
    private static final List<Rule> RULES = List.of(FuseEmbedding::lookup, FuseEmbedding::mask);

    @Override
    public String name() {
        return "fuse-embedding";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, RULES);
    }

    private static Optional<Node> lookup(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof KernelOp.LayerNorm(double epsilon, boolean residual))
                || residual
                || node.type().dtype() != DType.F32) {
            return Optional.empty();
        }
        Node gather = unconverted(node.input(0));
        boolean fits = gather.op() instanceof TensorOp.Gather
                && gather.input(0).type().rank() == 2
                && gather.type().dtype() != DType.F64;
        return fits
                ? Optional.of(new Builder()
                        .op(
                                new KernelOp.Embedding(epsilon, false),
                                gather.input(1),
                                gather.input(0),
                                node.input(1),
                                node.input(2)))
                : Optional.empty();
    }

    private static Optional<Node> mask(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof TensorOp.Select) || node.type().dtype() != DType.F32) {
            return Optional.empty();
        }
        Node mask = node.input(0);
        Builder b = new Builder();
        Pattern p = new Pattern(uses);
        Node rows = p.once(
                node.type(),
                n -> n.op() instanceof KernelOp.Embedding(double epsilon, boolean masked)
                        && !masked
                        && mask.shape().equals(n.input(0).shape().concat(Shape.of(1))));
        if (!p.matches(b.select(mask, rows, b.constant(DType.F32, 0)), node)) {
            return Optional.empty();
        }
        List<Node> operands = new ArrayList<>(p.at(rows).inputs());
        operands.add(mask);
        double epsilon = ((KernelOp.Embedding) p.at(rows).op()).epsilon();
        return Optional.of(b.op(new KernelOp.Embedding(epsilon, true), operands));
    }
}
