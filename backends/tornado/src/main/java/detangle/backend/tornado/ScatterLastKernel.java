package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Adds elements along the last axis at ids. A thread owns a row of the result, so that sums are the same at each run.
 */
final class ScatterLastKernel {
    /** The number of axes in front of the last; where there are fewer, the others have a size of 1. */
    static final int ROW_AXES = 4;

    private ScatterLastKernel() {}

    /**
     * Adds the elements of a row, a thread for each row. From {@code own[0]}, sizes are: the rows; the length of a row
     * of the operand, and of one of the updates; the stride of ids along the last axis; and for each axis of rows, the
     * last first, its size and the stride of ids. An id outside a row is told of in {@code faults[own[1]]}.
     *
     * @param operand what is added to; it may be the result's array
     */
    static void scatterLast(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            IntArray ids,
            IntArray faults,
            FloatArray operand,
            FloatArray updates,
            FloatArray out) {
        int base = own.get(0);
        int row = context.globalIdx;
        if (row < sizes.get(base)) {
            int width = sizes.get(base + 1);
            int count = sizes.get(base + 2);
            int step = sizes.get(base + 3);
            int first = 0;
            int rest = row;
            for (int axis = 0; axis < ROW_AXES; axis++) {
                int size = sizes.get(base + 4 + 2 * axis);
                first += rest % size * sizes.get(base + 5 + 2 * axis);
                rest = rest / size;
            }
            for (int i = 0; i < width; i++) {
                out.set(row * width + i, operand.get(row * width + i));
            }
            for (int i = 0; i < count; i++) {
                int at = DeviceFunctions.checked(ids.get(first + i * step), width);
                if (at < 0) {
                    faults.set(own.get(1), 1);
                } else {
                    out.set(row * width + at, out.get(row * width + at) + updates.get(row * count + i));
                }
            }
        }
    }
}
