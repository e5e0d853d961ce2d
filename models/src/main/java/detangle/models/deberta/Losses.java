package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.List;

/**
 * Losses in primitives. Each one gives a number for every row, so that a caller chooses which rows count and can look
 * at each; {@link #mean} makes one number of them. Logits are floats {@code [..,L]} of any rank: L scores for each row.
 */
public final class Losses {
    private Losses() {}

    /** Returns the logarithm of the sum of the exponentials of each row, {@code [..,1]}. */
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
        return crossEntropies(b, logits, labels, counts, LossOptions.DEFAULT);
    }

    /**
     * Writes {@link #crossEntropies(Builder, Node, Node, Node)} with smoothed labels and weights of classes.
     *
     * @throws LossException if there is another number of weights than of classes
     */
    public static Node crossEntropies(Builder b, Node logits, Node labels, Node counts, LossOptions options) {
        Node zero = b.constant(logits.type().dtype(), 0);
        Node index = b.reshape(ofCounting(b, labels, counts), labels.shape().concat(Shape.of(Dim.of(1))));
        Node normaliser = logSumExp(b, logits);
        Node losses = withoutLastAxis(b, b.sub(normaliser, b.gatherLast(logits, index)));
        if (!options.classWeights().isEmpty()) {
            losses = b.mul(losses, rowWeights(b, logits, labels, counts, options));
        }
        double share = options.labelSmoothing();
        if (share > 0) {
            Node ofClasses = b.sub(normaliser, logits);
            if (!options.classWeights().isEmpty()) {
                ofClasses = b.mul(ofClasses, classWeights(b, logits, options));
            }
            Node ofAll = withoutLastAxis(b, new Idioms(b).mean(ofClasses, -1));
            DType dtype = logits.type().dtype();
            losses = b.add(b.mul(losses, b.constant(dtype, 1 - share)), b.mul(ofAll, b.constant(dtype, share)));
        }
        return b.select(counts, losses, zero);
    }

    /**
     * Returns how much each row weighs in a mean: the weight of its label, or 1 where classes have no weights; 0 if it
     * does not count.
     *
     * @param labels {@code i64[..]}, from 0 to L - 1 in rows that count
     * @param counts {@code i1[..]}
     * @return {@code [..]}, of the logits' type
     * @throws LossException if there is another number of weights than of classes
     */
    public static Node rowWeights(Builder b, Node logits, Node labels, Node counts, LossOptions options) {
        DType dtype = logits.type().dtype();
        if (options.classWeights().isEmpty()) {
            return b.convert(counts, dtype);
        }
        Node ofLabels = b.gather(classWeights(b, logits, options), ofCounting(b, labels, counts));
        return b.select(counts, ofLabels, b.constant(dtype, 0));
    }

    private static Node classWeights(Builder b, Node logits, LossOptions options) {
        List<Double> weights = options.classWeights();
        Dim classes = logits.type().dim(-1);
        if (!classes.equals(Dim.of(weights.size()))) {
            throw new LossException("there are " + weights.size() + " class weights for " + classes
                    + " classes: give one for each class");
        }
        return b.constant(
                new Literal.Dense(weights), TensorType.of(logits.type().dtype(), classes));
    }

    /** Returns labels that can be looked up everywhere: those of rows that do not count may be anything. */
    private static Node ofCounting(Builder b, Node labels, Node counts) {
        return b.select(counts, labels, b.constant(DType.I64, 0));
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

    private static Node softmax(Builder b, Node logits) {
        return b.unary(UnaryFunction.EXP, b.sub(logits, logSumExp(b, logits)));
    }

    /**
     * Returns the cross entropy with the softmax of other logits, which get no gradient. It differs from the
     * Kullback-Leibler divergence by a term that does not depend on the logits.
     *
     * @param others logits of the same shape and type
     */
    public static Node kl(Builder b, Node logits, Node others) {
        return softCrossEntropies(b, logits, b.stopGradient(softmax(b, others)));
    }

    /**
     * Returns the sum of the cross entropies of two rows of logits with the softmax of each other, as microsoft's SiFT
     * has it. The gradient of {@code logits} is {@code softmax(logits) - softmax(others)}, that of {@code others} its
     * negative.
     *
     * @param others logits of the same shape and type
     */
    public static Node symmetricKl(Builder b, Node logits, Node others) {
        return b.add(kl(b, logits, others), kl(b, others, logits));
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

    /** Returns the squares of the differences of two values of one shape and type. */
    public static Node squaredErrors(Builder b, Node predicted, Node wanted) {
        Node difference = b.sub(predicted, wanted);
        return b.mul(difference, difference);
    }

    /** Returns the mean of all elements, a scalar. */
    public static Node mean(Builder b, Node losses) {
        Node ones = b.broadcast(b.constant(losses.type().dtype(), 1), losses.shape());
        return b.div(sum(b, losses), sum(b, ones));
    }

    /**
     * Returns the sum of the losses divided by the sum of the weights, a scalar; not a number if no row weighs
     * anything, as in PyTorch.
     *
     * @param losses 0 in rows that do not count
     * @param weights of the losses' shape and type: {@link #rowWeights}
     */
    public static Node mean(Builder b, Node losses, Node weights) {
        return b.div(sum(b, losses), sum(b, weights));
    }

    /** Writes {@link #mean(Builder, Node, Node)}, but 0 if no row weighs anything. */
    public static Node meanOrZero(Builder b, Node losses, Node weights) {
        Node total = sum(b, weights);
        Node one = b.constant(losses.type().dtype(), 1);
        Node some = b.compare(Comparison.GT, total, b.constant(losses.type().dtype(), 0));
        return b.div(sum(b, losses), b.select(some, total, one));
    }

    /** Returns the sum of all elements, a scalar. */
    public static Node sum(Builder b, Node x) {
        Node flat = b.reshape(x, x.shape().elements());
        return b.reshape(b.reduce(ReduceFunction.SUM, flat, 0), Shape.SCALAR);
    }

    /**
     * Returns the loss of where an answer begins or ends: cross entropy over the positions of each sequence. Labels
     * outside the sequence are moved to its ends, and the one behind the last position does not count.
     *
     * @param logits {@code [B,S]}; minus infinity at positions that are not to be thought of
     * @param positions {@code i64[B]}
     */
    public static Rows position(Builder b, Node logits, Node positions) {
        Node length =
                b.iota(TensorType.of(DType.I64, Dim.of(1)), 0, logits.type().dim(-1));
        Node moved = b.min(b.max(positions, b.constant(DType.I64, 0)), length);
        Node counts = b.compare(Comparison.LT, moved, length);
        Node losses = crossEntropies(b, logits, moved, counts);
        return new Rows(losses, b.convert(counts, logits.type().dtype()));
    }

    /**
     * The losses of rows before their mean is taken.
     *
     * @param losses 0 in rows that do not count
     * @param weights of the losses' shape and type: how much each row counts in the mean
     */
    public record Rows(Node losses, Node weights) {}
}
