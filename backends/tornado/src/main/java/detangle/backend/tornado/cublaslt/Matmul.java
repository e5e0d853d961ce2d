package detangle.backend.tornado.cublaslt;

import java.util.ArrayList;
import java.util.List;

/**
 * A call of a matrix library: {@code C = op(A) op(B)} for each matrix of a batch, where {@code op(A)} is m x k,
 * {@code op(B)} is k x n, and matrices lie column by column in memory, as in BLAS. A matrix that lies row by row is its
 * transpose column by column; so the library's A is the second operand of a product, and its B the first.
 *
 * @param startA the index of the first element of A that is read; {@code startB} and {@code startC} are those of B and
 *     C
 */
record Matmul(Shape shape, long startA, long startB, long startC) {
    /**
     * The sizes and the layout of a call, by which the library chooses an algorithm.
     *
     * @param m the rows of C
     * @param n the columns of C
     * @param k the depth of the product
     * @param leadingA the distance in elements between two columns of A as it lies in memory; {@code leadingB} and
     *     {@code leadingC} are those of B and C
     * @param batch the number of matrices of each operand
     * @param strideA the distance in elements between two matrices of A, 0 if all are the same; {@code strideB} and
     *     {@code strideC} are those of B and C
     */
    record Shape(
            int m,
            int n,
            int k,
            boolean transposeA,
            int leadingA,
            boolean transposeB,
            int leadingB,
            int leadingC,
            int batch,
            long strideA,
            long strideB,
            long strideC) {
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
    }

    /**
     * A batch axis: the number of matrices along it, and the distances in elements between neighbours in A and in B.
     */
    private record Axis(int count, long strideA, long strideB) {}

    /**
     * Returns the calls that compute a product. The library has one batch axis, so axes that cannot be merged into one
     * become several calls.
     *
     * @param sizes the sizes that the kernel of products reads: the rows, columns and depth; the first operand's
     *     strides along rows and depth; the second operand's strides along columns and depth; and for each batch axis,
     *     the last axis first, its length and the strides of both operands
     */
    static List<Matmul> of(int[] sizes) {
        int n = sizes[0];
        int m = sizes[1];
        int k = sizes[2];
        int rowStride = sizes[3];
        int firstDepthStride = sizes[4];
        int columnStride = sizes[5];
        int secondDepthStride = sizes[6];
        if (n == 0 || m == 0) {
            return List.of();
        }
        boolean transposeA = secondDepthStride == 1;
        boolean transposeB = firstDepthStride != 1;
        if (!transposeA && columnStride != 1 || transposeB && rowStride != 1) {
            throw new IllegalArgumentException("neither the rows nor the columns of a matrix have a stride of 1");
        }
        List<Axis> axes = axes(sizes);
        Axis inner = axes.getFirst();
        Shape shape = new Shape(
                m,
                n,
                k,
                transposeA,
                // A matrix of one column has no distance between columns, but the library demands one that is long
                // enough.
                Math.max(transposeA ? columnStride : secondDepthStride, transposeA ? k : m),
                transposeB,
                Math.max(transposeB ? firstDepthStride : rowStride, transposeB ? n : k),
                m,
                inner.count,
                inner.strideA,
                inner.strideB,
                (long) m * n);
        List<Matmul> calls = new ArrayList<>();
        add(calls, shape, axes, axes.size() - 1, 0, 0);
        return List.copyOf(calls);
    }

    /**
     * Returns the batch axes, the innermost first. Neighbours whose matrices are evenly spaced in both operands are
     * merged.
     */
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
