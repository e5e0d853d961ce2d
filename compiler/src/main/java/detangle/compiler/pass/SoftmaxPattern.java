package detangle.compiler.pass;

import detangle.ir.BinaryFunction;
import detangle.ir.Literal;
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
        if (!(node.op() instanceof TensorOp.Select) || !isSplat(node.input(2), 0)) {
            return Optional.empty();
        }
        Node mask = node.input(0);
        Node quotient = node.input(1);
        if (!isBinary(quotient, BinaryFunction.DIV)) {
            return Optional.empty();
        }
        Node e = quotient.input(0);
        Node masked = isExp(e) && isBinary(e.input(0), BinaryFunction.SUB)
                ? e.input(0).input(0)
                : node;
        boolean matches = masked != node
                && isReduce(quotient.input(1), ReduceFunction.SUM, e)
                && isReduce(e.input(0).input(1), ReduceFunction.MAX, masked)
                && masked.op() instanceof TensorOp.Select
                && masked.input(0) == mask
                && isSplat(masked.input(2), Double.NEGATIVE_INFINITY)
                // A mask that widens the scores would give the kernel's result another shape.
                && masked.input(1).type().equals(node.type());
        return matches ? Optional.of(new SoftmaxPattern(masked.input(1), mask)) : Optional.empty();
    }

    private static boolean isBinary(Node node, BinaryFunction function) {
        return node.op() instanceof TensorOp.Binary(BinaryFunction f) && f == function;
    }

    private static boolean isExp(Node node) {
        return node.op() instanceof TensorOp.Unary(UnaryFunction f) && f == UnaryFunction.EXP;
    }

    private static boolean isReduce(Node node, ReduceFunction function, Node operand) {
        return node.op() instanceof TensorOp.Reduce(ReduceFunction f, int axis)
                && f == function
                && axis == operand.type().rank() - 1
                && node.input(0) == operand;
    }

    private static boolean isSplat(Node node, double value) {
        return node.op() instanceof TensorOp.Constant(Literal.Splat(double v), var type) && v == value;
    }
}
