package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;

/**
 * Losses in primitives. Each one gives a number for every row, so that a caller chooses which rows count and can look
 * at each; {@link #mean} makes one number of them. Logits are floats {@code [..,L]} of any rank: L scores for each row.
 */
public final class Losses {
    private Losses() {}

    /** The logarithm of the sum of the exponentials of each row, {@code [..,1]}. */
    private static Node logSumExp(Builder b, Node logits) {
        // The maximum only keeps the exponentials small: it cancels, and no gradient needs to flow through it.
        Node max = b.stopGradient(b.reduce(ReduceFunction.MAX, logits, -1));
        Node sum = b.reduce(ReduceFunction.SUM, b.unary(UnaryFunction.EXP, b.sub(logits, max)), -1);
        return b.add(max, b.unary(UnaryFunction.LOG, sum));
    }

    private static Node withoutLastAxis(Builder b, Node x) {
        return b.reshape(x, x.shape().sub(0, x.type().rank() - 1));
    }

    /**
     * Cross entropy: minus the logarithm of the probability that the softmax over a row gives to its label.
     *
     * @param labels {@code i64[..]}, from 0 to L - 1 in rows that count
     * @param counts {@code i1[..]}; the loss of a row that does not count is 0, whatever its label
     */
    public static Node crossEntropies(Builder b, Node logits, Node labels, Node counts) {
        Node zero = b.constant(DType.I64, 0);
        Node index = b.reshape(b.select(counts, labels, zero), labels.shape().concat(Shape.of(Dim.of(1))));
        Node losses = withoutLastAxis(b, b.sub(logSumExp(b, logits), b.gatherLast(logits, index)));
        return b.select(counts, losses, b.constant(logits.type().dtype(), 0));
    }

    /**
     * Cross entropy with the distribution that the labels are.
     *
     * @param labels {@code [..,L]}, of the logits' type
     */
    public static Node softCrossEntropies(Builder b, Node logits, Node labels) {
        Node parts = b.mul(labels, b.sub(logSumExp(b, logits), logits));
        return withoutLastAxis(b, b.reduce(ReduceFunction.SUM, parts, -1));
    }

    /**
     * Binary cross entropy: each logit is a question of its own, whose probability is its sigmoid.
     *
     * @param labels of the logits' shape and type: the probability that is wanted
     * @return of the logits' shape
     */
    public static Node binaryCrossEntropies(Builder b, Node logits, Node labels) {
        DType dtype = logits.type().dtype();
        Node small = b.unary(UnaryFunction.EXP, b.unary(UnaryFunction.NEG, b.unary(UnaryFunction.ABS, logits)));
        Node rest = b.unary(UnaryFunction.LOG, b.add(small, b.constant(dtype, 1)));
        return b.add(b.sub(b.max(logits, b.constant(dtype, 0)), b.mul(logits, labels)), rest);
    }

    /** The squares of the differences of two values of one shape and type. */
    public static Node squaredErrors(Builder b, Node predicted, Node wanted) {
        Node difference = b.sub(predicted, wanted);
        return b.mul(difference, difference);
    }

    /** The mean of all elements, a scalar. */
    public static Node mean(Builder b, Node losses) {
        Node ones = b.broadcast(b.constant(losses.type().dtype(), 1), losses.shape());
        return b.div(sum(b, losses), sum(b, ones));
    }

    /**
     * The mean of the rows that count, a scalar; not a number if none does, as in PyTorch.
     *
     * @param losses 0 in rows that do not count
     * @param counts {@code i1}, of the losses' shape
     */
    public static Node mean(Builder b, Node losses, Node counts) {
        return b.div(sum(b, losses), count(b, counts, losses.type().dtype()));
    }

    /** As {@link #mean(Builder, Node, Node)}, but 0 if no row counts. */
    public static Node meanOrZero(Builder b, Node losses, Node counts) {
        DType dtype = losses.type().dtype();
        return b.div(sum(b, losses), b.max(count(b, counts, dtype), b.constant(dtype, 1)));
    }

    private static Node count(Builder b, Node counts, DType dtype) {
        return sum(b, b.convert(counts, dtype));
    }

    private static Node sum(Builder b, Node x) {
        Node flat = b.reshape(x, x.shape().elements());
        return b.reshape(b.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
    }

    /**
     * Where an answer begins or ends: cross entropy over the positions of each sequence. Labels outside the sequence
     * are moved to its ends, and the one behind the last position does not count.
     *
     * @param logits {@code [B,S]}
     * @param positions {@code i64[B]}
     * @return a scalar; not a number if no sequence counts
     */
    public static Node position(Builder b, Node logits, Node positions) {
        Node length =
                b.iota(TensorType.of(DType.I64, Dim.of(1)), 0, logits.type().dim(-1));
        Node moved = b.min(b.max(positions, b.constant(DType.I64, 0)), length);
        Node counts = b.compare(Comparison.LT, moved, length);
        return mean(b, crossEntropies(b, logits, moved, counts), counts);
    }
}
