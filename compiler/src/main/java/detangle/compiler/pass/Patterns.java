package detangle.compiler.pass;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Questions that rules ask of a node. */
final class Patterns {
    private Patterns() {}

    static boolean binary(Node node, BinaryFunction function) {
        return node.op() instanceof TensorOp.Binary(BinaryFunction f) && f == function;
    }

    /** Returns whether each element of the result is a function of the operands' elements at its place. */
    static boolean isElementwise(Node node) {
        List<ScalarExpr> elements = new ArrayList<>();
        for (Node operand : node.inputs()) {
            elements.add(new ScalarExpr.Arg(elements.size(), operand.type().dtype()));
        }
        return node.op() instanceof TensorOp op && ScalarExpr.of(op, elements).isPresent();
    }

    /** {@code dot(a, b) {rhs_t}}. */
    static boolean isDotTransposed(Node node) {
        return node.op() instanceof TensorOp.Dot(boolean lhsT, boolean rhsT) && !lhsT && rhsT;
    }

    /** Returns the value that every element of a constant has. */
    static OptionalDouble splat(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Splat(double value), var type)
                ? OptionalDouble.of(value)
                : OptionalDouble.empty();
    }

    static boolean splat(Node node, double value) {
        OptionalDouble found = splat(node);
        return found.isPresent() && found.getAsDouble() == value;
    }

    /** Returns an operand of an operand, and so on: the first number says which operand of the node itself. */
    static Optional<Node> operand(Node node, int... path) {
        Node current = node;
        for (int index : path) {
            if (index >= current.inputs().size()) {
                return Optional.empty();
            }
            current = current.input(index);
        }
        return Optional.of(current);
    }

    /** Returns whether it is of a type that kernels normalise rows of. */
    static boolean hasRowsOfFloats(Node node) {
        return node.type().rank() > 0
                && (node.type().dtype() == DType.F32 || node.type().dtype() == DType.F64);
    }

    /** x of {@code convert(x)}; the node itself if it is not a conversion. */
    static Node unconverted(Node node) {
        return node.op() instanceof TensorOp.Convert
                        && node.input(0).type().dtype().isFloat()
                ? node.input(0)
                : node;
    }

    /** x of {@code convert(x)} if x is a constant, which kernels read as it is stored; otherwise the node itself. */
    static Node unconvertedConstant(Node node) {
        Node x = unconverted(node);
        return x.op() instanceof TensorOp.Constant ? x : node;
    }
}
