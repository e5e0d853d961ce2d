package detangle.backend.vector.kernel;

import detangle.ir.Tensor;
import detangle.ir.interpreter.InterpreterException;
import java.util.Arrays;

/** Kernels that work on one row at a time. */
public final class RowKernels {
    private static final int ROWS_PER_TASK = 16;
    private static final int ROW = 0;

    private RowKernels() {}

    /**
     * Rows of a table in its stored type, normalised; zero where the mask is.
     *
     * @param ids {@code long[]} or {@code int[]}
     * @param maskAt offset of the mask, or -1 for none
     */
    public static void embedding(
            Object ids,
            int idsAt,
            int rows,
            Tensor table,
            float[] gamma,
            float[] beta,
            float epsilon,
            byte[] mask,
            int maskAt,
            float[] out,
            int oo) {
        int size = Math.toIntExact(table.dim(1));
        WorkerPool.SHARED.run(Math.ceilDiv(rows, ROWS_PER_TASK), task -> {
            int last = Math.min(rows, (task + 1) * ROWS_PER_TASK);
            for (int row = task * ROWS_PER_TASK; row < last; row++) {
                int to = oo + row * size;
                long id = ids instanceof long[] l ? l[idsAt + row] : ((int[]) ids)[idsAt + row];
                if (id < 0 || id >= table.dim(0)) {
                    throw new InterpreterException("id " + id + " is outside a table of " + table.dim(0) + " rows");
                }
                if (maskAt >= 0 && mask[maskAt + row] == 0) {
                    Arrays.fill(out, to, to + size, 0);
                } else {
                    table.copyTo(id * size, out, to, size);
                    VectorLayerNorm.normalise(out, to, gamma, beta, epsilon, out, to, size);
                }
            }
        });
    }

    /**
     * Softmax of the places of each row where the mask holds.
     *
     * @param maskRows where the mask of each row begins
     * @param maskStep from the mask of an element to the next one's
     */
    public static void maskedSoftmax(
            float[] x,
            int xo,
            byte[] mask,
            int mo,
            Places maskRows,
            int maskStep,
            int rows,
            int size,
            float[] out,
            int oo) {
        int padded = Lanes.roundUp(size, Lanes.COUNT);
        WorkerPool.SHARED.run(Math.ceilDiv(rows, ROWS_PER_TASK), task -> {
            // The row, and after it what its mask says.
            float[] row = Scratch.get().floats(ROW, 2 * padded);
            int last = Math.min(rows, (task + 1) * ROWS_PER_TASK);
            for (int r = task * ROWS_PER_TASK; r < last; r++) {
                System.arraycopy(x, xo + r * size, row, 0, size);
                int maskAt = mo + maskRows.at(r);
                for (int i = 0; i < size; i++) {
                    row[padded + i] = mask[maskAt + i * maskStep] - 1;
                }
                Arrays.fill(row, padded + size, 2 * padded, -1);
                VectorSoftmax.row(row, 0, padded, row, padded);
                for (int i = 0; i < size; i++) {
                    // What is masked is 0 beside NaN too.
                    out[oo + r * size + i] = row[padded + i] < 0 ? 0 : row[i];
                }
            }
        });
    }
}
