package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Sums of squares of elements by groups of threads, which {@link ReduceKernel} adds up, always in one order. */
final class SumOfSquaresKernel {
    /** The number of threads of a group; a power of two. */
    static final int THREADS = 256;

    /** The number of groups, each of which has one sum. */
    static final int GROUPS = 64;

    private SumOfSquaresKernel() {}

    /** Adds up the squares of every so many elements. The number of elements is at {@code own[0]} in {@code sizes}. */
    static void sumOfSquares(KernelContext context, IntArray sizes, IntArray own, FloatArray x, FloatArray sums) {
        float[] partial = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int count = sizes.get(own.get(0));
        float sum = 0f;
        // Counted down, as an index behind the last element may be more than an int holds.
        for (int left = count - context.groupIdx * THREADS - thread; left > 0; left -= THREADS * GROUPS) {
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
