package detangle.compiler.pass;

import detangle.ir.BinaryFunction;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What rules ask of a node. */
final class Patterns {
    private Patterns() {}

    static boolean binary(Node node, BinaryFunction function) {
        return node.op() instanceof TensorOp.Binary(BinaryFunction f) && f == function;
    }

    static boolean unary(Node node, UnaryFunction function) {
        return node.op() instanceof TensorOp.Unary(UnaryFunction f) && f == function;
    }

    /** Whether each element of the result is a function of the operands' elements at its place. */
    static boolean isElementwise(Node node) {
        return switch (node.op()) {
            case TensorOp.Unary u -> true;
            case TensorOp.Binary b -> true;
            case TensorOp.Compare c -> true;
            case TensorOp.Select s -> true;
            case TensorOp.Convert c -> true;
            default -> false;
        };
    }

    /** Whether it folds the last axis of its operand. */
    static boolean isReduceLast(Node node, ReduceFunction function) {
        return node.op() instanceof TensorOp.Reduce(ReduceFunction f, int axis)
                && f == function
                && axis == node.input(0).type().rank() - 1;
    }

    /** {@code dot(a, b) {rhs_t}}. */
    static boolean isDotTransposed(Node node) {
        return node.op() instanceof TensorOp.Dot(boolean lhsT, boolean rhsT) && !lhsT && rhsT;
    }

    /** The value that every element of a constant has. */
    static OptionalDouble splat(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Splat(double value), var type)
                ? OptionalDouble.of(value)
                : OptionalDouble.empty();
    }

    static boolean splat(Node node, double value) {
        OptionalDouble found = splat(node);
        return found.isPresent() && found.getAsDouble() == value;
    }

    static Optional<Node> operandOfTranspose(Node node, List<Integer> permutation) {
        return node.op() instanceof TensorOp.Transpose(List<Integer> p) && p.equals(permutation)
                ? Optional.of(node.input(0))
                : Optional.empty();
    }

    /** x of {@code convert(x)}; the node itself if it is no conversion. */
    static Node unconverted(Node node) {
        return node.op() instanceof TensorOp.Convert
                        && node.input(0).type().dtype().isFloat()
                ? node.input(0)
                : node;
    }
}
