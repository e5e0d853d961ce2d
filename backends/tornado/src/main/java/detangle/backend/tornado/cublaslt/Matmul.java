package detangle.backend.tornado.cublaslt;

import java.util.ArrayList;
import java.util.List;

/**
 * A call of a matrix library: {@code C = op(A) op(B)} for each matrix of a batch, with {@code op(A)} of m x k, {@code op(B)} of k x n,
 * and columns one after the other in memory, as BLAS has it. A matrix by rows is its transpose by columns; so the
 * library's A is the second operand of a product, and its B the first.
 *
 * @param startA the first element of A that it reads; {@code startB} and {@code startC} are those of the others
 */
record Matmul(Shape shape, long startA, long startB, long startC) {
    /**
     * What the library chooses an algorithm by. Elements of C lie closely; so its leading dimension is m.
     *
     * @param leadingA elements from one column of A, as it lies in memory, to the next
     * @param batch matrices of each operand
     * @param strideA elements from one matrix of A to the next, 0 if all are the same
     */
    record Shape(
            int m,
            int n,
            int k,
            boolean transposeA,
            int leadingA,
            boolean transposeB,
            int leadingB,
            int batch,
            long strideA,
            long strideB) {
        int rowsA() {
            return transposeA ? k : m;
        }

        int columnsA() {
            return transposeA ? m : k;
        }

        int rowsB() {
            return transposeB ? n : k;
        }

        int columnsB() {
            return transposeB ? k : n;
        }

        long strideC() {
            return (long) m * n;
        }
    }

    /** A batch axis: how many matrices there are along it, and elements from one to the next. */
    private record Axis(int count, long strideA, long strideB) {}

    /**
     * The calls that compute a product. A library has one batch axis; axes that are not one in memory become several calls.
     *
     * @param sizes as the kernel of products has them: rows, columns, depth, the first operand's strides along rows and depth, the second's
     *     along columns and depth, and for each batch axis, the last first, its length and the strides of both
     */
    static List<Matmul> of(int[] sizes) {
        int n = sizes[0];
        int m = sizes[1];
        int k = sizes[2];
        if (n == 0 || m == 0) {
            return List.of();
        }
        boolean transposeA = sizes[6] == 1;
        boolean transposeB = sizes[4] != 1;
        if (!transposeA && sizes[5] != 1 || transposeB && sizes[3] != 1) {
            throw new IllegalArgumentException("a matrix has elements next to each other along no axis");
        }
        List<Axis> axes = axes(sizes);
        Axis inner = axes.getFirst();
        Shape shape = new Shape(
                m,
                n,
                k,
                transposeA,
                // A matrix of one column has no distance between columns, but the library wants one that is long
                // enough.
                Math.max(transposeA ? sizes[5] : sizes[6], transposeA ? k : m),
                transposeB,
                Math.max(transposeB ? sizes[4] : sizes[3], transposeB ? n : k),
                inner.count,
                inner.strideA,
                inner.strideB);
        List<Matmul> calls = new ArrayList<>();
        add(calls, shape, axes, axes.size() - 1, 0, 0);
        return List.copyOf(calls);
    }

    /** Batch axes, the innermost first; neighbours that are one in memory are one here. */
    private static List<Axis> axes(int[] sizes) {
        List<Axis> axes = new ArrayList<>();
        axes.add(new Axis(1, 0, 0));
        for (int at = 7; at < sizes.length; at += 3) {
            Axis axis = new Axis(sizes[at], sizes[at + 2], sizes[at + 1]);
            Axis last = axes.getLast();
            if (last.count == 1) {
                axes.set(axes.size() - 1, axis);
            } else if (axis.strideA == last.count * last.strideA && axis.strideB == last.count * last.strideB) {
                axes.set(axes.size() - 1, new Axis(last.count * axis.count, last.strideA, last.strideB));
            } else if (axis.count > 1) {
                axes.add(axis);
            }
        }
        return axes;
    }

    private static void add(List<Matmul> calls, Shape shape, List<Axis> axes, int axis, long startA, long startB) {
        if (axis == 0) {
            calls.add(new Matmul(shape, startA, startB, calls.size() * shape.batch * shape.strideC()));
            return;
        }
        Axis outer = axes.get(axis);
        for (int i = 0; i < outer.count; i++) {
            add(calls, shape, axes, axis - 1, startA + i * outer.strideA, startB + i * outer.strideB);
        }
    }
}
