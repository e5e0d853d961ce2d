package detangle.ir;

import java.util.Collections;
import java.util.List;

/**
 * The one spelling, in primitives, of each idea that is larger than a primitive. Models, the definitions of kernels
 * ({@link Decomposition}) and random programs write with this class, and the passes that fuse look for what it writes,
 * so that none of them can disagree.
 */
public final class Idioms {
    private final Builder b;

    /** @param b makes the nodes, and names those that a reader of the program wants to find */
    public Idioms(Builder b) {
        this.b = b;
    }

    private Node constant(Node like, double value) {
        return b.constant(like.type().dtype(), value);
    }

    /** Returns the mean over an axis, which stays with extent 1. Negative axes count from the end. */
    public Node mean(Node x, int axis) {
        Dim size = x.type().dim(axis);
        Node sum = b.reduce(ReduceFunction.SUM, x, axis);
        if (size.isStatic()) {
            return b.mul(sum, constant(x, 1.0 / size.size()));
        }
        Shape line = new Shape(Collections.nCopies(x.type().rank(), Dim.of(1))).with(axis, size);
        return b.div(sum, b.reduce(ReduceFunction.SUM, b.broadcast(constant(x, 1), line), axis));
    }

    /** Writes {@link #layerNorm(Node, Node, Node, Node)} with a number for epsilon. */
    public Node layerNorm(Node x, Node gamma, Node beta, double epsilon) {
        return layerNorm(x, gamma, beta, constant(x, epsilon));
    }

    /**
     * Layer normalisation over the last axis: biased variance, epsilon inside the root (Ba et al. 2016).
     *
     * @param x {@code [...,H]}
     * @param gamma {@code [H]}, in any float type, as is beta
     * @param epsilon a scalar of the type of x
     */
    public Node layerNorm(Node x, Node gamma, Node beta, Node epsilon) {
        DType dtype = x.type().dtype();
        Normal normal = normal(x, epsilon);
        return b.add(b.mul(b.mul(normal.centred(), normal.scale()), b.convert(gamma, dtype)), b.convert(beta, dtype));
    }

    /**
     * Rows of mean 0 and variance 1, but for epsilon, as a product.
     *
     * @param centred {@code x - mean}
     * @param scale {@code 1 / sqrt(variance + epsilon)}
     */
    public record Normal(Node centred, Node scale) {}

    /** Writes the part of layer normalisation that comes before gamma and beta. */
    public Normal normal(Node x, Node epsilon) {
        Node centred = b.sub(x, mean(x, -1));
        Node variance = mean(b.mul(centred, centred), -1);
        return new Normal(centred, b.unary(UnaryFunction.RSQRT, b.add(variance, epsilon)));
    }

    /**
     * Softmax over the last axis of the places where a mask holds; a row without any gives zeros.
     *
     * @param mask i1, broadcasts to the scores
     */
    public Node maskedSoftmax(Node scores, Node mask) {
        Node masked = b.select(mask, scores, constant(scores, Double.NEGATIVE_INFINITY));
        Node exponentials = b.unary(UnaryFunction.EXP, b.sub(masked, b.reduce(ReduceFunction.MAX, masked, -1)));
        Node quotient = b.div(exponentials, b.reduce(ReduceFunction.SUM, exponentials, -1));
        return b.select(mask, quotient, constant(scores, 0));
    }

    /** Returns the sum of the squares of all elements, a scalar. */
    public Node sumOfSquares(Node x) {
        Node flat = x.type().rank() == 1 ? x : b.reshape(x, x.shape().elements());
        return b.reshape(b.reduce(ReduceFunction.SUM, b.mul(flat, flat), 0), Shape.SCALAR);
    }

    /** Returns the activation of a linear kernel. */
    public Node activation(Activation activation, Node x) {
        return switch (activation) {
            case NONE -> x;
            case GELU -> gelu(x);
            case TANH -> b.unary(UnaryFunction.TANH, x);
            case RELU -> relu(x);
            case SILU -> silu(x);
        };
    }

    /** {@code x/2 (1 + erf(x / sqrt(2)))}. */
    public Node gelu(Node x) {
        return gated(x, b.unary(UnaryFunction.ERF, b.mul(x, constant(x, Math.sqrt(0.5)))));
    }

    /** Returns the approximation of GELU by {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
    public Node geluTanh(Node x) {
        Node cube = b.mul(b.mul(x, x), x);
        Node inner = b.add(x, b.mul(cube, constant(x, 0.044715)));
        return gated(x, b.unary(UnaryFunction.TANH, b.mul(inner, constant(x, Math.sqrt(2 / Math.PI)))));
    }

    /** {@code x/2 (1 + gate)}. */
    private Node gated(Node x, Node gate) {
        return b.mul(b.mul(x, constant(x, 0.5)), b.add(gate, constant(x, 1)));
    }

    public Node relu(Node x) {
        return b.max(x, constant(x, 0));
    }

    public Node sigmoid(Node x) {
        Node one = constant(x, 1);
        return b.div(one, b.add(b.unary(UnaryFunction.EXP, b.unary(UnaryFunction.NEG, x)), one));
    }

    /** {@code x sigmoid(x)}. */
    public Node silu(Node x) {
        return b.unary(UnaryFunction.SILU, x);
    }

    /**
     * Dropout (Srivastava et al. 2014): elements are dropped where a random number is below the rate, and the others
     * are scaled by {@code 1 / (1 - rate)}, so that the mean stays.
     *
     * @param rate the probability of dropping an element, at least 0 and below 1
     * @param uniform random numbers in [0,1), of the shape and type of x
     */
    public Node dropout(Node x, double rate, Node uniform) {
        Node scaled = b.mul(x, constant(x, 1 / (1 - rate)));
        return b.select(b.compare(Comparison.GE, uniform, constant(uniform, rate)), scaled, constant(x, 0));
    }

    /**
     * Scores of disentangled attention (He et al. 2021, DeBERTa, section 3.1), {@code [...,A,Q,S]}: content to content,
     * and further terms.
     *
     * @param q {@code [...,A,Q,d]}
     * @param k {@code [...,A,S,d]}
     * @param positionTerms {@link #contentToPosition} and {@link #positionToContent}, as far as there are
     */
    public Node attentionScores(Node q, Node k, List<Node> positionTerms, double scale) {
        Node sum = b.named("c2c", b.dotTransposed(q, k));
        for (Node term : positionTerms) {
            sum = b.add(sum, term);
        }
        return b.named("scores", b.mul(sum, constant(sum, scale)));
    }

    /**
     * Writes the score of each query's content with the position of each key, {@code [...,A,Q,S]}.
     *
     * @param pk {@code [A,P,d]}
     * @param index the row of it for each query and key, {@code [Q,S]}
     */
    public Node contentToPosition(Node q, Node pk, Node index) {
        return b.named("c2p", b.gatherLast(b.dotTransposed(q, pk), index));
    }

    /**
     * Writes the score of the position of each query with each key's content, {@code [...,A,Q,S]}.
     *
     * @param pq {@code [A,P,d]}
     * @param index the row of it for each query and key, {@code [Q,S]}
     */
    public Node positionToContent(Node k, Node pq, Node index) {
        // Rows are keys here, so the index is read transposed, and so is the result.
        Node byKey = b.gatherLast(b.dotTransposed(k, pq), b.transpose(index, 1, 0));
        return b.named("p2c", byKey.type().rank() == 4 ? b.transpose(byKey, 0, 1, 3, 2) : b.transpose(byKey, 0, 2, 1));
    }

    /**
     * Returns which keys each query sees among sequences that stand one after the other, {@code i1[Q,S]}: those of its
     * own.
     *
     * @param querySegments the first row of each sequence and the end of the last, {@code i32[N+1]}, as keySegments
     */
    public Node sameSequence(Dim queries, Node querySegments, Dim keys, Node keySegments) {
        Node ofKey = b.reshape(sequence(keys, keySegments), Dim.of(1), keys);
        return b.compare(Comparison.EQ, sequence(queries, querySegments), ofKey);
    }

    /** Returns the sequence of each of some rows, {@code i32[rows,1]}: how many sequences end at or before it. */
    private Node sequence(Dim rows, Node segments) {
        Dim one = Dim.of(1);
        Dim count = segments.type().dim(0).plus(-1);
        Node ends = b.op(new TensorOp.Slice(0, one, count.plus(1)), segments);
        Node row = b.iota(TensorType.of(DType.I32, rows, one), 0);
        Node ended = b.convert(b.compare(Comparison.GE, row, b.reshape(ends, one, count)), DType.I32);
        return b.reduce(ReduceFunction.SUM, ended, 1);
    }

    /**
     * Returns the entry of a table of distances for each query and key, {@code i32[Q,S]}.
     *
     * @param queryPositions {@code i32[Q]}
     * @param keyPositions {@code i32[S]}
     * @param table {@code i32[2*length-1]}, of which the one in the middle is for equal positions
     */
    public Node byDistance(Node queryPositions, Node keyPositions, Node table, Dim length) {
        Dim one = Dim.of(1);
        Node ofQuery = b.reshape(queryPositions, queryPositions.type().dim(0), one);
        Node ofKey = b.reshape(keyPositions, one, keyPositions.type().dim(0));
        Node centre = b.iota(TensorType.of(DType.I32, one), 0, length.plus(-1));
        return b.gather(table, b.add(b.sub(ofQuery, ofKey), centre));
    }
}
