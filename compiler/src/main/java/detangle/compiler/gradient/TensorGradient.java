package detangle.compiler.gradient;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Place;
import detangle.ir.ReduceFunction;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules by which a gradient passes through each primitive. Where a function has no derivative, it is as in PyTorch:
 * that of {@code abs} and {@code sign} at 0 is 0; where the operands of {@code max} or {@code min} are equal, each gets
 * half; the places at which {@code reduce_max} is attained share its gradient equally, as those of {@code torch.amax}
 * do. NaN is equal to nothing here, so that a maximum of NaN passes no gradient on.
 *
 * <p>{@code select} gives zeros to the operand that was not chosen, whatever the gradient is, so that no NaN comes out
 * of that branch: a row of {@code Idioms.maskedSoftmax} without any place has a gradient of zeros.
 */
final class TensorGradient {
    private final Builder b;
    private final Repetition repetition;
    private final DotGradient dots;
    private final ConvolutionGradient convolutions;

    TensorGradient(Builder b) {
        this.b = b;
        this.repetition = new Repetition(b);
        this.dots = new DotGradient(b);
        this.convolutions = new ConvolutionGradient(b);
    }

    /** Passes the gradient dy with respect to the node's result on to its operands. */
    void pass(TensorOp op, Node node, Node dy, Flow flow) {
        switch (op) {
            // These have no operand.
            case TensorOp.Input o -> {}
            case TensorOp.Param o -> {}
            case TensorOp.Constant o -> {}
            case TensorOp.Iota o -> {}
            // These are not functions of floats, or they are constant around each point.
            case TensorOp.Compare o -> {}
            case TensorOp.StopGradient o -> {}
            case TensorOp.RandomUniform o -> {}
            case TensorOp.Unary(var function) -> unary(function, node, dy, flow);
            case TensorOp.Binary(var function) -> binary(function, node, dy, flow);
            case TensorOp.Select o -> select(node, dy, flow);
            case TensorOp.Convert o -> flow.to(0, () -> b.convert(dy, dtype(node.input(0))));
            case TensorOp.Reduce(var function, int axis) -> reduce(function, axis, node, dy, flow);
            case TensorOp.Dot(boolean transposeLhs, boolean transposeRhs) ->
                dots.pass(transposeLhs, transposeRhs, node, dy, flow);
            case TensorOp.Reshape o ->
                flow.to(0, () -> b.reshape(dy, node.input(0).shape()));
            case TensorOp.Transpose(var permutation) -> flow.to(0, () -> transposedBack(dy, permutation));
            case TensorOp.Broadcast o -> toOperand(0, node, dy, flow);
            case TensorOp.Slice o -> flow.to(0, () -> padded(o, node.input(0), dy));
            case TensorOp.Concat(int axis) -> concat(axis, node, dy, flow);
            case TensorOp.Pad o -> flow.to(0, () -> unpadded(o, node.input(0), dy));
            case TensorOp.Gather o ->
                flow.to(0, () -> b.op(new TensorOp.ScatterAdd(), zeros(node.input(0)), node.input(1), dy));
            case TensorOp.ScatterAdd o -> {
                flow.to(0, () -> dy);
                flow.to(2, () -> b.gather(dy, node.input(1)));
            }
            case TensorOp.GatherLast o ->
                flow.to(0, () -> b.op(new TensorOp.ScatterAddLast(), zeros(node.input(0)), node.input(1), dy));
            case TensorOp.ScatterAddLast o -> {
                flow.to(0, () -> dy);
                flow.to(2, () -> b.gatherLast(dy, node.input(1)));
            }
            case TensorOp.Toeplitz o -> flow.to(0, () -> toeplitz(o, node.input(0), dy));
            case TensorOp.After o -> flow.to(0, () -> dy);
            case TensorOp.Conv1d o -> convolutions.pass(o, node, dy, flow);
            // A value that has been brought from one memory to the other goes back.
            case TensorOp.Transfer(Place to) ->
                flow.to(0, () -> b.transfer(dy, to == Place.HOST ? Place.DEVICE : Place.HOST));
        }
    }

    private static DType dtype(Node node) {
        return node.type().dtype();
    }

    private Node number(Node like, double value) {
        return b.constant(dtype(like), value);
    }

    private Node zeros(Node like) {
        return Gradient.zeros(b, like.type());
    }

    private Node scaled(Node x, double factor) {
        return b.mul(x, number(x, factor));
    }

    private Node negated(Node x) {
        return b.unary(UnaryFunction.NEG, x);
    }

    /** Returns the gradient with respect to an operand that may have been repeated to the shape of dy. */
    private void toOperand(int operand, Node node, Node dy, Flow flow) {
        flow.to(operand, () -> repetition.undone(dy, node.input(operand).shape()));
    }

    private void unary(UnaryFunction function, Node node, Node dy, Flow flow) {
        Node x = node.input(0);
        switch (function) {
            case NOT, SIGN, CEIL, FLOOR -> {}
            case NEG -> flow.to(0, () -> negated(dy));
            case ABS -> flow.to(0, () -> b.mul(dy, b.unary(UnaryFunction.SIGN, x)));
            case EXP -> flow.to(0, () -> b.mul(dy, node));
            case LOG -> flow.to(0, () -> b.div(dy, x));
            case SQRT -> flow.to(0, () -> b.div(scaled(dy, 0.5), node));
            case RSQRT -> flow.to(0, () -> b.mul(scaled(dy, -0.5), b.mul(b.mul(node, node), node)));
            case ERF -> flow.to(0, () -> b.mul(scaled(dy, 2 / Math.sqrt(Math.PI)), gaussian(x)));
            case TANH -> flow.to(0, () -> b.mul(dy, b.sub(number(x, 1), b.mul(node, node))));
            case SILU -> flow.to(0, () -> b.mul(dy, siluSlope(x)));
        }
    }

    /** Computes {@code exp(-x^2)}. */
    private Node gaussian(Node x) {
        return b.unary(UnaryFunction.EXP, negated(b.mul(x, x)));
    }

    /** Computes {@code s (1 + x (1 - s))} with {@code s = 1 / (1 + exp(-x))}. */
    private Node siluSlope(Node x) {
        Node one = number(x, 1);
        Node s = b.div(one, b.add(b.unary(UnaryFunction.EXP, negated(x)), one));
        return b.mul(s, b.add(b.mul(x, b.sub(one, s)), one));
    }

    private void binary(BinaryFunction function, Node node, Node dy, Flow flow) {
        Node x = node.input(0);
        Node y = node.input(1);
        switch (function) {
            case AND, OR -> {}
            case ADD -> {
                toOperand(0, node, dy, flow);
                toOperand(1, node, dy, flow);
            }
            case SUB -> {
                toOperand(0, node, dy, flow);
                // The sum is taken first, as it may be smaller.
                flow.to(1, () -> negated(repetition.undone(dy, y.shape())));
            }
            case MUL -> {
                flow.to(0, () -> repetition.undone(b.mul(dy, y), x.shape()));
                flow.to(1, () -> repetition.undone(b.mul(dy, x), y.shape()));
            }
            case DIV -> {
                flow.to(0, () -> repetition.undone(b.div(dy, y), x.shape()));
                flow.to(1, () -> negated(repetition.undone(b.div(b.mul(dy, node), y), y.shape())));
            }
            case MAX -> extreme(Comparison.GT, Comparison.LT, node, dy, flow);
            case MIN -> extreme(Comparison.LT, Comparison.GT, node, dy, flow);
        }
    }

    /**
     * Passes on the gradients of a maximum or a minimum.
     *
     * @param first the comparison of the first operand with the second that holds where the first one is the result
     */
    private void extreme(Comparison first, Comparison second, Node node, Node dy, Flow flow) {
        flow.to(
                0,
                () -> repetition.undone(chosen(first, node, dy), node.input(0).shape()));
        flow.to(
                1,
                () -> repetition.undone(chosen(second, node, dy), node.input(1).shape()));
    }

    private Node chosen(Comparison comparison, Node node, Node dy) {
        Node x = node.input(0);
        Node y = node.input(1);
        Node half = b.select(b.compare(Comparison.EQ, x, y), scaled(dy, 0.5), number(dy, 0));
        return b.select(b.compare(comparison, x, y), dy, half);
    }

    private void select(Node node, Node dy, Flow flow) {
        Node condition = node.input(0);
        Node zero = number(dy, 0);
        flow.to(
                1,
                () -> repetition.undone(
                        b.select(condition, dy, zero), node.input(1).shape()));
        flow.to(
                2,
                () -> repetition.undone(
                        b.select(condition, zero, dy), node.input(2).shape()));
    }

    private void reduce(ReduceFunction function, int axis, Node node, Node dy, Flow flow) {
        Node x = node.input(0);
        switch (function) {
            case SUM -> flow.to(0, () -> b.broadcast(dy, x.shape()));
            case MAX ->
                flow.to(0, () -> {
                    Node attained = b.compare(Comparison.EQ, x, node);
                    Node count = b.reduce(ReduceFunction.SUM, b.convert(attained, dtype(x)), axis);
                    return b.select(attained, b.div(dy, count), number(x, 0));
                });
        }
    }

    private Node transposedBack(Node dy, List<Integer> permutation) {
        List<Integer> back = new ArrayList<>(permutation);
        for (int i = 0; i < permutation.size(); i++) {
            back.set(permutation.get(i), i);
        }
        return b.op(new TensorOp.Transpose(back), dy);
    }

    private Node padded(TensorOp.Slice slice, Node x, Node dy) {
        Dim after = x.type().dim(slice.axis()).minus(slice.limit());
        return b.op(new TensorOp.Pad(slice.axis(), slice.start(), after), dy);
    }

    private Node unpadded(TensorOp.Pad pad, Node x, Node dy) {
        return slice(dy, pad.axis(), pad.before(), x.type().dim(pad.axis()));
    }

    private Node slice(Node x, int axis, Dim start, Dim extent) {
        return b.op(new TensorOp.Slice(axis, start, start.plus(extent)), x);
    }

    private void concat(int axis, Node node, Node dy, Flow flow) {
        Dim start = Dim.of(0);
        for (int i = 0; i < node.inputs().size(); i++) {
            Dim from = start;
            Dim extent = node.input(i).type().dim(axis);
            flow.to(i, () -> slice(dy, axis, from, extent));
            start = start.plus(extent);
        }
    }

    /** Each element of the table gets the sum of a diagonal. */
    private Node toeplitz(TensorOp.Toeplitz op, Node table, Node dy) {
        Dim one = Dim.of(1);
        Node row =
                b.iota(TensorType.of(DType.I32, op.rows(), one), 0, op.columns().plus(-1));
        Node column = b.iota(TensorType.of(DType.I32, one, op.columns()), 1);
        return b.op(new TensorOp.ScatterAdd(), zeros(table), b.sub(row, column), dy);
    }
}
