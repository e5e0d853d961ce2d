package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * {@code activation(a b + bias)} of matrices in any layout, and of batches of them. A group of threads computes a tile of
 * the result, each thread 4 x 4 of its elements; both operands pass through local memory in slices.
 */
final class ProductKernel {
    /** Threads of a group. */
    static final int THREADS = 256;

    /** Rows and columns of the result that a group computes. */
    static final int TILE = 64;

    /** How many batch axes there are; fewer have a size of 1. */
    static final int BATCH_AXES = 3;

    private static final int DEPTH = 16;
    private static final int PITCH = TILE + 1; // Threads that store down a column must not meet in one bank.
    private static final int SIDE = 16;
    private static final int EACH = TILE / SIDE;

    private ProductKernel() {}

    /**
     * One group a tile: columns along x, rows along y, the batch along z. From {@code own[0]}, sizes are: rows, columns,
     * depth; a's strides along rows and depth; b's along columns and depth; and for each batch axis, the last first, its
     * size and the strides of a and b. The result is row-major.
     *
     * @param narrow what b is instead, where its floats have 16 bits
     * @param powers what {@link NarrowFloats} needs for those
     * @param mantissa of those, or 0
     * @param biased 1 if there is a bias, or 0
     * @param activation the ordinal of the {@link detangle.ir.Activation}
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
        float[] sums = new float[EACH * EACH];
        int thread = context.localIdx;
        int x = thread % SIDE;
        int y = thread / SIDE;
        int rows = sizes.get(base);
        int columns = sizes.get(base + 1);
        int depth = sizes.get(base + 2);
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
        for (int i = 0; i < EACH * EACH; i++) {
            sums[i] = 0f;
        }
        for (int from = 0; from < depth; from += DEPTH) {
            for (int n = 0; n < TILE * DEPTH / THREADS; n++) {
                int at = thread + n * THREADS;
                int k = at % DEPTH;
                int line = at / DEPTH;
                int row = firstRow + line;
                int column = firstColumn + line;
                float l = 0f;
                float r = 0f;
                if (from + k < depth) {
                    if (row < rows) {
                        l = a.get(startA + row * sizes.get(base + 3) + (from + k) * sizes.get(base + 4));
                    }
                    if (column < columns) {
                        int element = startB + column * sizes.get(base + 5) + (from + k) * sizes.get(base + 6);
                        if (mantissa > 0) {
                            r = NarrowFloats.widen(narrow.get(element), powers, mantissa);
                        } else {
                            r = b.get(element);
                        }
                    }
                }
                left[k * PITCH + line] = l;
                right[k * PITCH + line] = r;
            }
            context.localBarrier();
            for (int k = 0; k < DEPTH; k++) {
                for (int i = 0; i < EACH; i++) {
                    float l = left[k * PITCH + y + i * SIDE];
                    for (int j = 0; j < EACH; j++) {
                        sums[i * EACH + j] += l * right[k * PITCH + x + j * SIDE];
                    }
                }
            }
            context.localBarrier();
        }
        for (int i = 0; i < EACH; i++) {
            int row = firstRow + y + i * SIDE;
            for (int j = 0; j < EACH; j++) {
                int column = firstColumn + x + j * SIDE;
                if (row < rows && column < columns) {
                    float sum = sums[i * EACH + j];
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
