package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * {@code activation(a b + bias)} of matrices in any layout, and of batches of them. A group of threads computes a tile
 * of the result, each thread 8 x 4 of its elements; both operands pass through local memory in slices, and the next
 * slice is on its way while this one is multiplied.
 */
final class ProductKernel {
    /** The number of threads of a group. */
    static final int THREADS = 128;

    /** The number of rows, and of columns, of the result that a group computes. */
    static final int TILE = 64;

    /** The number of batch axes; where there are fewer, the others have a size of 1. */
    static final int BATCH_AXES = 3;

    /** The depth of a slice. */
    private static final int DEPTH = 16;

    /** The distance of rows in local memory: threads that store down a column must not meet in one bank. */
    private static final int PITCH = TILE + 2;

    /** The number of threads along a row of the tile. */
    private static final int ACROSS = 16;

    /** The number of threads along a column of the tile. */
    private static final int DOWN = THREADS / ACROSS;

    /** The number of rows of the tile that a thread computes. */
    private static final int ROWS = TILE / DOWN;

    /** The number of columns of the tile that a thread computes. */
    private static final int COLUMNS = TILE / ACROSS;

    /** The number of lines of a slice that the threads of a group read at the same time. */
    private static final int LINES = THREADS / DEPTH;

    /** The number of elements of a slice that a thread reads. */
    private static final int READS = TILE / LINES;

    private ProductKernel() {}

    /**
     * Computes a product, one group a tile: columns along x, rows along y, the batch along z. From {@code own[0]},
     * sizes are: rows, columns, depth; a's strides along rows and depth; b's along columns and depth; and for each
     * batch axis, the last first, its size and the strides of a and b. The result is row-major.
     *
     * @param narrow what b is instead, where its floats have 16 bits
     * @param powers what {@link NarrowFloats} needs for those
     * @param mantissa of those, or 0
     * @param biased 1 if there is a bias, or 0
     * @param activation the {@link DeviceFunctions#number} of one
     */
    static void product(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray a,
            FloatArray b,
            ShortArray narrow,
            FloatArray powers,
            FloatArray bias,
            FloatArray out,
            int mantissa,
            int biased,
            int activation) {
        int base = own.get(0);
        float[] left = context.allocateFloatLocalArray(DEPTH * PITCH);
        float[] right = context.allocateFloatLocalArray(DEPTH * PITCH);
        float[] sums = new float[ROWS * COLUMNS];
        float[] nextLeft = new float[READS];
        float[] nextRight = new float[READS];
        int thread = context.localIdx;
        int x = thread % ACROSS;
        int y = thread / ACROSS;
        int k = thread % DEPTH;
        int line = thread / DEPTH;
        // Kept in locals, as a compiler would read them again after each barrier.
        int rows = sizes.get(base);
        int columns = sizes.get(base + 1);
        int depth = sizes.get(base + 2);
        int rowA = sizes.get(base + 3);
        int depthA = sizes.get(base + 4);
        int columnB = sizes.get(base + 5);
        int depthB = sizes.get(base + 6);
        int startA = 0;
        int startB = 0;
        int rest = context.groupIdz;
        for (int axis = 0; axis < BATCH_AXES; axis++) {
            int size = sizes.get(base + 7 + 3 * axis);
            startA += rest % size * sizes.get(base + 8 + 3 * axis);
            startB += rest % size * sizes.get(base + 9 + 3 * axis);
            rest = rest / size;
        }
        int firstRow = context.groupIdy * TILE;
        int firstColumn = context.groupIdx * TILE;
        startA += (firstRow + line) * rowA + k * depthA;
        startB += (firstColumn + line) * columnB + k * depthB;
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            sums[i] = 0f;
        }
        for (int from = -DEPTH; from < depth; from += DEPTH) {
            if (from >= 0) {
                for (int n = 0; n < READS; n++) {
                    left[k * PITCH + line + n * LINES] = nextLeft[n];
                    right[k * PITCH + line + n * LINES] = nextRight[n];
                }
            }
            context.localBarrier();
            int next = from + DEPTH;
            for (int n = 0; n < READS; n++) {
                float l = 0f;
                float r = 0f;
                if (next + k < depth) {
                    if (firstRow + line + n * LINES < rows) {
                        l = a.get(startA + n * LINES * rowA + next * depthA);
                    }
                    if (firstColumn + line + n * LINES < columns) {
                        int element = startB + n * LINES * columnB + next * depthB;
                        if (mantissa > 0) {
                            r = NarrowFloats.widen(narrow.get(element), powers, mantissa);
                        } else {
                            r = b.get(element);
                        }
                    }
                }
                nextLeft[n] = l;
                nextRight[n] = r;
            }
            if (from >= 0) {
                for (int d = 0; d < DEPTH; d++) {
                    for (int i = 0; i < ROWS; i++) {
                        float l = left[d * PITCH + y + i * DOWN];
                        for (int j = 0; j < COLUMNS; j++) {
                            sums[i * COLUMNS + j] += l * right[d * PITCH + x + j * ACROSS];
                        }
                    }
                }
            }
            context.localBarrier();
        }
        for (int i = 0; i < ROWS; i++) {
            int row = firstRow + y + i * DOWN;
            for (int j = 0; j < COLUMNS; j++) {
                int column = firstColumn + x + j * ACROSS;
                if (row < rows && column < columns) {
                    float sum = sums[i * COLUMNS + j];
                    if (biased == 1) {
                        sum += bias.get(column);
                    }
                    out.set(
                            (context.groupIdz * rows + row) * columns + column,
                            DeviceFunctions.activation(activation, sum));
                }
            }
        }
    }
}
