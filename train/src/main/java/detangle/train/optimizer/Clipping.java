package detangle.train.optimizer;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.UnaryFunction;
import java.util.List;

/**
 * Clipping by the norm of all gradients together, written in the IR.
 *
 * @param maxNorm the largest norm that is not clipped; 0 or less clips nothing
 */
public record Clipping(double maxNorm, Rule rule) {
    /** The factor of gradients with the norm N. */
    public enum Rule {
        /** {@code min(1, maxNorm / (N + 1e-6))}: torch.nn.utils.clip_grad_norm_. */
        TORCH,
        /** {@code min(1, maxNorm / N)}: microsoft's DeBERTa/optims/fp16_optimizer.py. */
        MICROSOFT
    }

    /**
     * Returns the norm of all gradients together: the root of the sum of the squares of their elements, a scalar.
     *
     * @param gradients at least one gradient; all have one element type
     */
    public static Node norm(Builder b, List<Node> gradients) {
        Node sum = gradients.stream()
                .map(new Idioms(b)::sumOfSquares)
                .reduce(b::add)
                .orElseThrow();
        return b.named("grad_norm", b.unary(UnaryFunction.SQRT, sum));
    }

    /** Returns the factor of gradients with a norm; both are scalars of one type. */
    public Node factor(Builder b, Node norm) {
        Node one = b.constant(norm.type().dtype(), 1);
        if (maxNorm <= 0) {
            return one;
        }
        Node divisor = switch (rule) {
            case TORCH -> b.add(norm, b.constant(norm.type().dtype(), 1e-6));
            case MICROSOFT -> norm;
        };
        return b.named("clipping", b.min(one, b.div(b.constant(norm.type().dtype(), maxNorm), divisor)));
    }

    /** Returns whether a norm is a finite number, {@code i1[]}. */
    public static Node isFinite(Builder b, Node norm) {
        Node infinity = b.constant(norm.type().dtype(), Double.POSITIVE_INFINITY);
        return b.named("finite", b.compare(Comparison.LT, norm, infinity));
    }
}
