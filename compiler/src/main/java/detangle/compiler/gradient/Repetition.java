package detangle.compiler.gradient;

import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import java.util.ArrayList;
import java.util.List;

/** Sums gradients over the axes along which elementwise operations and {@code broadcast} have repeated an operand. */
final class Repetition {
    private final Builder b;

    Repetition(Builder b) {
        this.b = b;
    }

    /**
     * Returns the sum over all repetitions of a repeated operand.
     *
     * @param x a value of a shape that {@code shape} broadcasts to
     * @return the sum, of the shape {@code shape}
     */
    Node undone(Node x, Shape shape) {
        if (x.shape().equals(shape)) {
            return x;
        }
        // Axes that stand side by side and are repeated, or are not, become one, so that there is one sum for all of
        // them.
        List<Dim> merged = new ArrayList<>();
        List<Integer> sums = new ArrayList<>();
        boolean before = false;
        for (int axis = 0; axis < x.type().rank(); axis++) {
            Dim extent = x.type().dim(axis);
            boolean repeated = isRepeated(x.shape(), shape, axis);
            if (!merged.isEmpty() && repeated == before) {
                merged.set(merged.size() - 1, merged.getLast().times(extent));
            } else {
                if (repeated) {
                    sums.add(merged.size());
                }
                merged.add(extent);
            }
            before = repeated;
        }
        if (sums.isEmpty()) {
            return b.reshape(x, shape);
        }
        Node sum = b.reshape(x, new Shape(merged));
        for (int axis : sums) {
            sum = b.reduce(ReduceFunction.SUM, sum, axis);
        }
        return b.reshape(sum, shape);
    }

    /** Returns whether an axis of a shape repeats an axis that another shape has with size 1, or not at all. */
    static boolean isRepeated(Shape all, Shape one, int axis) {
        int own = axis - all.rank() + one.rank();
        return !all.dim(axis).isOne() && (own < 0 || one.dim(own).isOne());
    }
}
