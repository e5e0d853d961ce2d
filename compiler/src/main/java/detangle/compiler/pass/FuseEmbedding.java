package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.splat;
import static detangle.compiler.pass.Patterns.unconverted;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
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
        if (!(node.op() instanceof TensorOp.Select) || !splat(node.input(2), 0)) {
            return Optional.empty();
        }
        Node mask = node.input(0);
        Node rows = node.input(1);
        if (rows.op() instanceof KernelOp.Embedding(double epsilon, boolean masked)
                && !masked
                && uses.once(rows)
                && mask.shape().equals(rows.input(0).shape().concat(Shape.of(1)))) {
            List<Node> operands = new ArrayList<>(rows.inputs());
            operands.add(mask);
            return Optional.of(new Builder().op(new KernelOp.Embedding(epsilon, true), operands));
        }
        return Optional.empty();
    }
}
