package detangle.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Makes checked nodes: each call infers the result type and refuses a broken constraint with an {@link IrException}.
 *
 * <p>A builder only carries the name prefix of the nodes it makes, so it can be shared and thrown away freely.
 */
public final class Builder {
    private final String scope;

    public Builder() {
        this("");
    }

    private Builder(String scope) {
        this.scope = scope;
    }

    /** Returns a builder whose names begin with {@code name} and a dot, inside this one's. */
    public Builder scope(String name) {
        return new Builder(scope + name + ".");
    }

    /** Returns the node with a name, in this builder's scope, for readable text. */
    public Node named(String name, Node node) {
        return node.withName(scope + name);
    }

    /** Returns a checked node of any operation. */
    public Node op(Op op, List<Node> inputs) {
        return checked(op, inputs, "");
    }

    public Node op(Op op, Node... inputs) {
        return op(op, List.of(inputs));
    }

    private static Node checked(Op op, List<Node> inputs, String name) {
        Inference.Result result =
                Inference.infer(op, inputs.stream().map(Node::type).toList());
        TensorType type = result.type()
                .orElseThrow(() -> new IrException(result.violations().stream()
                        .map(v -> "error [" + v.constraint().label() + "]: " + v.detail() + " in "
                                + op.getClass().getSimpleName() + (name.isEmpty() ? "" : " %" + name))
                        .collect(Collectors.joining("; "))));
        return new Node(op, inputs, type, name, Optional.empty());
    }

    public Node input(String name, TensorType type) {
        return checked(new TensorOp.Input(name, type), List.of(), name);
    }

    public Node param(String name, TensorType type) {
        return op(new TensorOp.Param(name, type));
    }

    /** Returns a scalar constant; it broadcasts in elementwise operations. */
    public Node constant(DType dtype, double value) {
        return op(new TensorOp.Constant(new Literal.Splat(value), new TensorType(dtype, Shape.SCALAR)));
    }

    public Node constant(Literal value, TensorType type) {
        return op(new TensorOp.Constant(value, type));
    }

    public Node iota(TensorType type, int axis) {
        return iota(type, axis, Dim.of(0));
    }

    public Node iota(TensorType type, int axis, Dim start) {
        return op(new TensorOp.Iota(type, axis, start));
    }

    public Node unary(UnaryFunction function, Node x) {
        return op(new TensorOp.Unary(function), x);
    }

    public Node binary(BinaryFunction function, Node a, Node b) {
        return op(new TensorOp.Binary(function), a, b);
    }

    public Node add(Node a, Node b) {
        return binary(BinaryFunction.ADD, a, b);
    }

    public Node sub(Node a, Node b) {
        return binary(BinaryFunction.SUB, a, b);
    }

    public Node mul(Node a, Node b) {
        return binary(BinaryFunction.MUL, a, b);
    }

    public Node div(Node a, Node b) {
        return binary(BinaryFunction.DIV, a, b);
    }

    public Node max(Node a, Node b) {
        return binary(BinaryFunction.MAX, a, b);
    }

    public Node min(Node a, Node b) {
        return binary(BinaryFunction.MIN, a, b);
    }

    public Node and(Node a, Node b) {
        return binary(BinaryFunction.AND, a, b);
    }

    /** Returns the operand with each element moved into [low, high]. */
    public Node clamp(Node x, double low, double high) {
        DType dtype = x.type().dtype();
        return min(max(x, constant(dtype, low)), constant(dtype, high));
    }

    public Node compare(Comparison comparison, Node a, Node b) {
        return op(new TensorOp.Compare(comparison), a, b);
    }

    public Node select(Node condition, Node ifTrue, Node ifFalse) {
        return op(new TensorOp.Select(), condition, ifTrue, ifFalse);
    }

    /** Returns the operand in another element type; the operand itself if it has that type. */
    public Node convert(Node x, DType to) {
        return x.type().dtype() == to ? x : op(new TensorOp.Convert(to), x);
    }

    /** Negative axes count from the end. */
    public Node reduce(ReduceFunction function, Node x, int axis) {
        return op(new TensorOp.Reduce(function, positive(axis, x)), x);
    }

    private static int positive(int axis, Node x) {
        return axis < 0 ? axis + x.type().rank() : axis;
    }

    public Node dot(Node a, Node b) {
        return op(new TensorOp.Dot(false, false), a, b);
    }

    /** {@code a b^T} over the last two axes. */
    public Node dotTransposed(Node a, Node b) {
        return op(new TensorOp.Dot(false, true), a, b);
    }

    public Node reshape(Node x, Dim... dims) {
        return reshape(x, Shape.of(dims));
    }

    public Node reshape(Node x, Shape shape) {
        return op(new TensorOp.Reshape(shape), x);
    }

    public Node transpose(Node x, Integer... permutation) {
        return op(new TensorOp.Transpose(List.of(permutation)), x);
    }

    public Node broadcast(Node x, Shape shape) {
        return op(new TensorOp.Broadcast(shape), x);
    }

    /** Returns the elements {@code [start, limit)} of an axis; negative axes count from the end. */
    public Node slice(Node x, int axis, long start, long limit) {
        return op(new TensorOp.Slice(positive(axis, x), Dim.of(start), Dim.of(limit)), x);
    }

    public Node concat(int axis, List<Node> parts) {
        return op(new TensorOp.Concat(axis), parts);
    }

    /** Returns rows of a table at ids. */
    public Node gather(Node table, Node ids) {
        return op(new TensorOp.Gather(), table, ids);
    }

    public Node gatherLast(Node data, Node index) {
        return op(new TensorOp.GatherLast(), data, index);
    }

    public Node stopGradient(Node x) {
        return op(new TensorOp.StopGradient(), x);
    }

    /** Makes a value that is equal to x, and whose readers are computed after the other values. */
    public Node after(Node x, List<Node> others) {
        List<Node> operands = new ArrayList<>(List.of(x));
        operands.addAll(others);
        return op(new TensorOp.After(), operands);
    }

    public Node transfer(Node x, Place to) {
        return op(new TensorOp.Transfer(to), x);
    }
}
