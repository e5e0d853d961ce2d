package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Sums of squares of elements by groups of threads, which {@link ReduceKernel} adds up, always in one order. */
final class SumOfSquaresKernel {
    /** The number of threads of a group; a power of two. */
    static final int THREADS = 256;

    /** The number of groups for a large tensor, each of which has one sum. */
    static final int GROUPS = 64;

    /** The most elements of a tensor that one group adds up, so that no kernel has to add up sums of groups. */
    static final int MAX_OF_ONE_GROUP = 1 << 14;

    private SumOfSquaresKernel() {}

    /** Adds up the squares of every so many elements. From {@code own[0]}, sizes are the elements, and the groups. */
    static void sumOfSquares(KernelContext context, IntArray sizes, IntArray own, FloatArray x, FloatArray sums) {
        float[] partial = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int count = sizes.get(own.get(0));
        int step = THREADS * sizes.get(own.get(0) + 1);
        float sum = 0f;
        // Counted down, as an index behind the last element may be more than an int holds.
        for (int left = count - context.groupIdx * THREADS - thread; left > 0; left -= step) {
            float value = x.get(count - left);
            sum += value * value;
        }
        partial[thread] = sum;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
            }
            context.localBarrier();
        }
        if (thread == 0) {
            sums.set(context.groupIdx, partial[0]);
        }
    }
}
