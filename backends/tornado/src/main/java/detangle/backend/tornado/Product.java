package detangle.backend.tornado;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.Strides;
import java.util.Arrays;

/**
 * The places of a product's matrices in memory, for {@link ProductKernel}: {@code out[i, j] = sum over d of
 * a[i * rowA + d * depthA] * b[j * columnB + d * depthB]}, for each matrix of a batch.
 *
 * @param batch axes of the batch, in order
 * @param batchA strides of {@code a} along them
 * @param batchB strides of {@code b} along them
 */
record Product(
        int rows,
        int columns,
        int depth,
        int rowA,
        int depthA,
        int columnB,
        int depthB,
        int[] batch,
        int[] batchA,
        int[] batchB) {
    /** {@code x w^T} of {@code x[..., depth]} and {@code w[columns, depth]}. */
    static Product ofRows(int[] x, int columns) {
        int depth = x[x.length - 1];
        return new Product(
                Strides.product(x, 0, x.length - 1),
                columns,
                depth,
                depth,
                1,
                depth,
                1,
                new int[0],
                new int[0],
                new int[0]);
    }

    /** Matrices by matrices, either of them transposed, with batch axes broadcast to the result's. */
    static Product ofMatrices(int[] lhs, boolean lhsT, int[] rhs, boolean rhsT, int[] out) {
        int rank = out.length;
        int rows = out[rank - 2];
        int columns = out[rank - 1];
        int depth = lhs[lhs.length - (lhsT ? 2 : 1)];
        int[] batch = Arrays.copyOf(out, rank - 2);
        return new Product(
                rows,
                columns,
                depth,
                lhsT ? 1 : depth,
                lhsT ? rows : 1,
                rhsT ? depth : 1,
                rhsT ? 1 : columns,
                batch,
                batchStrides(lhs, batch),
                batchStrides(rhs, batch));
    }

    /** {@code x table^T} by head, of {@code x[rows, heads, width]} and {@code table[heads, columns, width]}. */
    static Product byHead(int rows, int heads, int width, int columns) {
        return new Product(
                rows, columns, width, heads * width, 1, width, 1, new int[] {heads}, new int[] {width}, new int[] {
                    columns * width
                });
    }

    /** {@code sums^T x} by head, of {@code sums[heads, rows, positions]} and {@code x[rows, heads, width]}. */
    static Product byRow(int rows, int heads, int width, int positions) {
        return new Product(
                positions,
                width,
                rows,
                1,
                positions,
                1,
                heads * width,
                new int[] {heads},
                new int[] {rows * positions},
                new int[] {width});
    }

    private static int[] batchStrides(int[] operand, int[] batch) {
        int matrix = operand[operand.length - 2] * operand[operand.length - 1];
        int[] strides = Strides.broadcast(Arrays.copyOf(operand, operand.length - 2), batch);
        return Arrays.stream(strides).map(s -> s * matrix).toArray();
    }

    /** Returns the number of elements of the result. */
    int elements() {
        return Strides.product(batch, 0, batch.length) * rows * columns;
    }

    Work work() {
        int[] sizes = new int[7 + 3 * ProductKernel.BATCH_AXES];
        int[] first = {rows, columns, depth, rowA, depthA, columnB, depthB};
        System.arraycopy(first, 0, sizes, 0, first.length);
        for (int axis = 0; axis < ProductKernel.BATCH_AXES; axis++) {
            int from = batch.length - 1 - axis;
            sizes[7 + 3 * axis] = from < 0 ? 1 : Math.max(1, batch[from]);
            sizes[8 + 3 * axis] = from < 0 ? 0 : batchA[from];
            sizes[9 + 3 * axis] = from < 0 ? 0 : batchB[from];
        }
        return new Work(
                sizes,
                Math.ceilDiv(columns, ProductKernel.TILE),
                Math.ceilDiv(rows, ProductKernel.TILE),
                Strides.product(batch, 0, batch.length));
    }
}
