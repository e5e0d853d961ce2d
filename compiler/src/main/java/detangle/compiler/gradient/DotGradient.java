package detangle.compiler.gradient;

import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of a matrix product {@code y = a c} of {@code a [...,m,k]} and {@code c [...,k,n]}, either of which may
 * be stored transposed: {@code da = dy c^T} and {@code dc = a^T dy}.
 *
 * <p>An operand that is repeated along batch axes, such as a weight, gets the sum over them. They are summed inside the
 * product, whose depth they multiply, so that no gradient is computed for each repetition.
 */
final class DotGradient {
    private final Builder b;

    DotGradient(Builder b) {
        this.b = b;
    }

    void pass(boolean transposeLhs, boolean transposeRhs, Node node, Node dy, Flow flow) {
        Node a = node.input(0);
        Node c = node.input(1);
        flow.to(0, () -> {
            if (isRepeated(a, node)) {
                Node ofDy = folded(dy, -1, node, a);
                Node ofC = folded(c, transposeRhs ? -2 : -1, node, a);
                return shaped(transposeLhs ? dot(ofC, true, ofDy, false) : dot(ofDy, true, ofC, false), a);
            }
            return shaped(transposeLhs ? dot(c, transposeRhs, dy, true) : dot(dy, false, c, !transposeRhs), a);
        });
        flow.to(1, () -> {
            if (isRepeated(c, node)) {
                Node ofDy = folded(dy, -2, node, c);
                Node ofA = folded(a, transposeLhs ? -1 : -2, node, c);
                return shaped(transposeRhs ? dot(ofDy, true, ofA, false) : dot(ofA, true, ofDy, false), c);
            }
            return shaped(transposeRhs ? dot(dy, true, a, transposeLhs) : dot(a, !transposeLhs, dy, false), c);
        });
    }

    private Node dot(Node x, boolean transposeX, Node y, boolean transposeY) {
        return b.op(new TensorOp.Dot(transposeX, transposeY), x, y);
    }

    private Node shaped(Node x, Node like) {
        return x.shape().equals(like.shape()) ? x : b.reshape(x, like.shape());
    }

    /**
     * Returns a matrix with the repeated batch axes beside the axis that the product sums over, both of them as its
     * rows.
     *
     * @param summed the axis that the product sums over, -2 or -1
     * @param repeated the operand that is repeated
     * @return {@code [kept batch axes, repeated batch axes * summed axis, other axis]}
     */
    private Node folded(Node x, int summed, Node node, Node repeated) {
        int rank = node.type().rank();
        List<Dim> dims = new ArrayList<>();
        for (int axis = x.type().rank(); axis < rank; axis++) {
            dims.add(Dim.of(1));
        }
        dims.addAll(x.shape().dims());
        Node whole = dims.size() == x.type().rank() ? x : b.reshape(x, new Shape(dims));
        List<Integer> order = new ArrayList<>();
        List<Integer> rows = new ArrayList<>();
        for (int axis = 0; axis < rank - 2; axis++) {
            (isRepeated(repeated, node, axis) ? rows : order).add(axis);
        }
        List<Dim> result = new ArrayList<>(order.stream().map(dims::get).toList());
        rows.add(rank + summed);
        int other = rank - 3 - summed;
        result.add(rows.stream().map(dims::get).reduce(Dim.of(1), Dim::times));
        result.add(dims.get(other));
        order.addAll(rows);
        order.add(other);
        boolean inOrder = order.equals(order.stream().sorted().toList());
        Node moved = inOrder ? whole : b.op(new TensorOp.Transpose(order), whole);
        return b.reshape(moved, new Shape(result));
    }

    private static boolean isRepeated(Node operand, Node node) {
        for (int axis = 0; axis < node.type().rank() - 2; axis++) {
            if (isRepeated(operand, node, axis)) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether an operand is repeated along a batch axis of the result. */
    private static boolean isRepeated(Node operand, Node node, int axis) {
        return Repetition.isRepeated(node.shape(), operand.shape(), axis);
    }
}
