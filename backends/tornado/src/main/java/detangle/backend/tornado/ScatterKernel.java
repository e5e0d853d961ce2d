package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Adds rows to rows of a table. A group of threads owns some rows of the table, and each of its threads some columns of
 * them: no two threads write one element, so that sums are the same at each run and need no atomic additions, which few
 * devices have. The group looks at all ids, a chunk at a time, and passes over chunks without an id of its own; where
 * sequences are unpacked, those are nearly all.
 */
final class ScatterKernel {
    /** The number of threads of a group, and of ids in a chunk. */
    static final int THREADS = 256;

    /** The number of rows of the table that a group writes. */
    static final int ROWS = 32;

    private ScatterKernel() {}

    /**
     * Adds the rows of a block to a table, one group each {@link #ROWS} of its rows along x. From {@code own[0]}, sizes
     * are: rows of the table, their width, and the number of ids. An id outside the table is told of in
     * {@code faults[own[1]]}.
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
        int[] chunk = context.allocateIntLocalArray(THREADS);
        int[] found = context.allocateIntLocalArray(1);
        int base = own.get(0);
        int thread = context.localIdx;
        int rows = sizes.get(base);
        int width = sizes.get(base + 1);
        int count = sizes.get(base + 2);
        int first = context.groupIdx * ROWS;
        int last = first + ROWS;
        if (last > rows) {
            last = rows;
        }
        for (int row = first; row < last; row++) {
            for (int column = thread; column < width; column += THREADS) {
                out.set(row * width + column, operand.get(row * width + column));
            }
        }
        for (int firstId = 0; firstId < count; firstId += THREADS) {
            if (thread == 0) {
                found[0] = 0;
            }
            context.localBarrier();
            int mine = -1;
            if (firstId + thread < count) {
                mine = DeviceFunctions.checked(ids.get(firstId + thread), rows);
                if (mine < 0) {
                    faults.set(own.get(1), 1);
                }
            }
            chunk[thread] = mine;
            if (mine >= first) {
                if (mine < last) {
                    found[0] = 1;
                }
            }
            context.localBarrier();
            if (found[0] == 1) {
                for (int i = 0; i < THREADS; i++) {
                    int row = chunk[i];
                    if (row >= first) {
                        if (row < last) {
                            for (int column = thread; column < width; column += THREADS) {
                                int at = row * width + column;
                                out.set(at, out.get(at) + updates.get((firstId + i) * width + column));
                            }
                        }
                    }
                }
            }
            context.localBarrier();
        }
    }
}
