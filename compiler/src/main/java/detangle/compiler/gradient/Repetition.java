package detangle.compiler.gradient;

import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import java.util.ArrayList;
import java.util.List;

/** Takes back that an operand was repeated along axes, as elementwise operations and {@code broadcast} do. */
final class Repetition {
    private final Builder b;

    Repetition(Builder b) {
        this.b = b;
    }

    /**
     * The sum over all repetitions of what has been repeated.
     *
     * @param x of a shape that {@code shape} broadcasts to
     * @return of the shape {@code shape}
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

    /** Whether an axis of a shape repeats what another shape has once, or not at all. */
    static boolean isRepeated(Shape all, Shape one, int axis) {
        int own = axis - all.rank() + one.rank();
        return !all.dim(axis).isOne() && (own < 0 || one.dim(own).isOne());
    }
}
