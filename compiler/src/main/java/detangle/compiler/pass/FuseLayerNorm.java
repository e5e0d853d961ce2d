package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isReduceLast;
import static detangle.compiler.pass.Patterns.splat;
import static detangle.compiler.pass.Patterns.unary;

import detangle.compiler.Pass;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.UnaryFunction;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

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
        if (!binary(node, BinaryFunction.ADD)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Node beta = node.input(i);
            Node product = node.input(1 - i);
            if (binary(product, BinaryFunction.MUL)) {
                for (int j = 0; j < 2; j++) {
                    Optional<Node> fused = scaled(product.input(1 - j), product.input(j), beta);
                    if (fused.isPresent()) {
                        return fused;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** {@code (d * rsqrt(mean(d*d) + eps)) * gamma + beta}. */
    private static Optional<Node> scaled(Node normalised, Node gamma, Node beta) {
        if (!binary(normalised, BinaryFunction.MUL)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Node centred = normalised.input(i);
            Optional<Epsilon> root = rootOfVariance(normalised.input(1 - i), centred);
            Optional<Node> x = centredOperand(centred);
            if (root.isPresent() && x.isPresent() && isRow(gamma, x.get()) && isRow(beta, x.get())) {
                KernelOp op = new KernelOp.LayerNorm(root.get().value(), false);
                return Optional.of(new Builder().op(op, x.get(), gamma, beta));
            }
        }
        return Optional.empty();
    }

    private static boolean isRow(Node node, Node x) {
        return node.shape().equals(Shape.of(x.type().dim(-1)));
    }

    private record Epsilon(double value) {}

    private static Optional<Epsilon> rootOfVariance(Node node, Node centred) {
        if (!unary(node, UnaryFunction.RSQRT) || !binary(node.input(0), BinaryFunction.ADD)) {
            return Optional.empty();
        }
        Node sum = node.input(0);
        for (int i = 0; i < 2; i++) {
            OptionalDouble epsilon = splat(sum.input(i));
            Optional<Node> square = meanOperand(sum.input(1 - i))
                    .filter(s -> binary(s, BinaryFunction.MUL))
                    .filter(s -> s.input(0) == centred && s.input(1) == centred);
            if (epsilon.isPresent() && square.isPresent()) {
                return Optional.of(new Epsilon(epsilon.getAsDouble()));
            }
        }
        return Optional.empty();
    }

    /** x of {@code x - mean(x)}. */
    private static Optional<Node> centredOperand(Node node) {
        return binary(node, BinaryFunction.SUB)
                ? meanOperand(node.input(1)).filter(x -> x == node.input(0))
                : Optional.empty();
    }

    /** x of {@code reduce_sum(x) * 1/H} over the last axis. */
    private static Optional<Node> meanOperand(Node node) {
        if (!binary(node, BinaryFunction.MUL)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Node reduced = node.input(i);
            OptionalDouble factor = splat(node.input(1 - i));
            if (factor.isPresent() && isReduceLast(reduced, ReduceFunction.SUM)) {
                Node x = reduced.input(0);
                Dim size = x.type().dim(-1);
                if (size.isStatic() && factor.getAsDouble() == 1.0 / size.size()) {
                    return Optional.of(x);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Node> residual(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof KernelOp.LayerNorm(double epsilon, boolean has)) || has) {
            return Optional.empty();
        }
        Node sum = node.input(0);
        boolean fits = binary(sum, BinaryFunction.ADD)
                && uses.once(sum)
                && sum.input(0).type().equals(sum.type())
                && sum.input(1).type().equals(sum.type());
        if (!fits) {
            return Optional.empty();
        }
        List<Node> operands = new ArrayList<>(sum.inputs());
        operands.addAll(node.inputs().subList(1, 3));
        return Optional.of(new Builder().op(new KernelOp.LayerNorm(epsilon, true), operands));
    }
}
