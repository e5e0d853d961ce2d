package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The sums over rows that are the gradients of a layer norm's gamma and beta: of dy times the normalised rows, and of
 * dy. A thread adds one column of a block of rows; what blocks come to is added by {@link ReduceKernel}, always in one
 * order.
 */
final class RowSumsKernel {
    /** The number of blocks that the rows are divided into. */
    static final int BLOCKS = 64;

    private RowSumsKernel() {}

    /**
     * Adds up the rows of a block. From {@code own[0]}, sizes are: columns of all blocks, columns of one, rows, rows
     * of a block.
     *
     * @param moments of each row, from {@link LayerNormGradKernel}
     * @param ofGamma {@code [BLOCKS,columns]}, as is {@code ofBeta}
     * @param hasResidual 1 if a residual is added first, or 0
     */
    static void rowSums(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray x,
            FloatArray residual,
            FloatArray dy,
            FloatArray moments,
            FloatArray ofGamma,
            FloatArray ofBeta,
            int hasResidual) {
        int base = own.get(0);
        int thread = context.globalIdx;
        if (thread < sizes.get(base)) {
            int width = sizes.get(base + 1);
            int rows = sizes.get(base + 2);
            int column = thread % width;
            int first = thread / width * sizes.get(base + 3);
            int last = first + sizes.get(base + 3);
            if (last > rows) {
                last = rows;
            }
            float sumOfGamma = 0f;
            float sumOfBeta = 0f;
            for (int row = first; row < last; row++) {
                float value = x.get(row * width + column);
                if (hasResidual == 1) {
                    value += residual.get(row * width + column);
                }
                float d = dy.get(row * width + column);
                sumOfGamma += d * (value - moments.get(2 * row)) * moments.get(2 * row + 1);
                sumOfBeta += d;
            }
            ofGamma.set(thread, sumOfGamma);
            ofBeta.set(thread, sumOfBeta);
        }
    }
}
