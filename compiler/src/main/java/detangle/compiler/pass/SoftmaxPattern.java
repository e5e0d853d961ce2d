package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isReduceLast;
import static detangle.compiler.pass.Patterns.splat;
import static detangle.compiler.pass.Patterns.unary;

import detangle.ir.BinaryFunction;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import java.util.Optional;

/**
 * Softmax over the last axis of the places where a mask holds, written in primitives:
 *
 * <pre>
 * z = select(mask, scores, -inf);  e = exp(z - reduce_max(z));  select(mask, e / reduce_sum(e), 0)
 * </pre>
 */
record SoftmaxPattern(Node scores, Node mask) {
    static Optional<SoftmaxPattern> match(Node node) {
        if (!(node.op() instanceof TensorOp.Select) || !splat(node.input(2), 0)) {
            return Optional.empty();
        }
        Node mask = node.input(0);
        Node quotient = node.input(1);
        if (!binary(quotient, BinaryFunction.DIV)) {
            return Optional.empty();
        }
        Node e = quotient.input(0);
        Node masked = unary(e, UnaryFunction.EXP) && binary(e.input(0), BinaryFunction.SUB)
                ? e.input(0).input(0)
                : node;
        boolean matches = masked != node
                && isReduceLast(quotient.input(1), ReduceFunction.SUM)
                && quotient.input(1).input(0) == e
                && isReduceLast(e.input(0).input(1), ReduceFunction.MAX)
                && e.input(0).input(1).input(0) == masked
                && masked.op() instanceof TensorOp.Select
                && masked.input(0) == mask
                && splat(masked.input(2), Double.NEGATIVE_INFINITY)
                // A mask that widens the scores would give the kernel's result another shape.
                && masked.input(1).type().equals(node.type());
        return matches ? Optional.of(new SoftmaxPattern(masked.input(1), mask)) : Optional.empty();
    }
}
