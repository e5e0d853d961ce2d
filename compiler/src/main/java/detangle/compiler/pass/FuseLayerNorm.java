package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.hasRowsOfFloats;
import static detangle.compiler.pass.Patterns.unconvertedConstant;

import detangle.compiler.Pass;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Idioms;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.List;
import java.util.Optional;

/**
 * Layer normalisation in primitives becomes one kernel, together with the sum that feeds it if nobody else reads it.
 *
 * <pre>
 * %x = add %a, %r
 * %mean = reduce_sum(%x) * 1/H
 * %d = %x - %mean                                  =>   %y = layer_norm %a, %r, gamma, beta {residual, eps}
 * %var = reduce_sum(%d * %d) * 1/H
 * %y = %d * rsqrt(%var + eps) * gamma + beta
 * </pre>
 */
public final class FuseLayerNorm implements Pass {
    @Override
    public String name() {
        return "fuse-layer-norm";
    }

    @Override
    public Program run(Program program) {
        Program fused = Rewriter.rewrite(program, List.of((Rule) FuseLayerNorm::normalisation));
        return Rewriter.rewrite(fused, List.of((Rule) FuseLayerNorm::residual));
    }

    private static Optional<Node> normalisation(Node node, Rule.Uses uses) {
        if (!binary(node, BinaryFunction.ADD) || !hasRowsOfFloats(node)) {
            return Optional.empty();
        }
        Builder b = new Builder();
        TensorType row = TensorType.of(node.type().dtype(), node.type().dim(-1));
        Pattern p = new Pattern(uses);
        Node x = p.any(node.type());
        Node gamma = p.any(row);
        Node beta = p.any(row);
        Node epsilon = p.number(node.type().dtype());
        return p.matches(new Idioms(b).layerNorm(x, gamma, beta, epsilon), node)
                ? Optional.of(b.op(
                        new KernelOp.LayerNorm(p.numberAt(epsilon), false),
                        p.at(x),
                        unconvertedConstant(p.at(gamma)),
                        unconvertedConstant(p.at(beta))))
                : Optional.empty();
    }

    private static Optional<Node> residual(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof KernelOp.LayerNorm(double epsilon, boolean has)) || has) {
            return Optional.empty();
        }
        Pattern p = new Pattern(uses);
        Node x = p.any(node.type());
        Node added = p.any(node.type());
        Node sum = node.input(0);
        return uses.once(sum) && p.matches(new Builder().add(x, added), sum)
                ? Optional.of(new Builder()
                        .op(new KernelOp.LayerNorm(epsilon, true), p.at(x), p.at(added), node.input(1), node.input(2)))
                : Optional.empty();
    }
}
