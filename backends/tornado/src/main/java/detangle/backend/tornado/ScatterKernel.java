package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Adds rows to rows of a table. A thread owns one column of a block of the table's rows and looks at every id: no two
 * threads write one element, so that sums are the same at each run and need no atomic additions, which few devices
 * have.
 */
final class ScatterKernel {
    /** The number of blocks that the rows are divided into. */
    static final int BLOCKS = 64;

    private ScatterKernel() {}

    /**
     * Adds the rows of a block to a table. From {@code own[0]}, sizes are: rows of the table, their width, the number
     * of ids, rows of a block. An id outside the table is told of in {@code faults[own[1]]}.
     */
    static void scatter(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            IntArray ids,
            IntArray faults,
            FloatArray operand,
            FloatArray updates,
            FloatArray out) {
        int base = own.get(0);
        int thread = context.globalIdx;
        int rows = sizes.get(base);
        int width = sizes.get(base + 1);
        if (thread < width * BLOCKS) {
            int column = thread % width;
            int first = thread / width * sizes.get(base + 3);
            int last = first + sizes.get(base + 3);
            for (int row = first; row < last; row++) {
                if (row < rows) {
                    out.set(row * width + column, operand.get(row * width + column));
                }
            }
            for (int i = 0; i < sizes.get(base + 2); i++) {
                int row = DeviceFunctions.checked(ids.get(i), rows);
                if (row < 0) {
                    faults.set(own.get(1), 1);
                }
                if (row >= first && row < last) {
                    out.set(row * width + column, out.get(row * width + column) + updates.get(i * width + column));
                }
            }
        }
    }
}
