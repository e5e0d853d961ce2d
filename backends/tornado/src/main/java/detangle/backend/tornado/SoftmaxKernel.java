package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Softmax over rows of the places where a mask holds, 0 elsewhere. */
final class SoftmaxKernel {
    /** The number of threads of a group, which computes one row; a power of two. */
    static final int THREADS = 64;

    /** The number of axes before the last; where there are fewer, the others have a size of 1. */
    static final int ROW_AXES = 4;

    private SoftmaxKernel() {}

    /**
     * Computes a softmax, one group a row. From {@code own[0]}, sizes are: the row's length, the mask's stride along
     * it, and for each axis before, the last first, its size and the mask's stride.
     */
    static void softmax(
            KernelContext context, IntArray sizes, IntArray own, FloatArray x, ByteArray mask, FloatArray out) {
        int base = own.get(0);
        float[] partial = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int width = sizes.get(base);
        int step = sizes.get(base + 1);
        int start = context.groupIdx * width;
        int startMask = 0;
        int rest = context.groupIdx;
        for (int axis = 0; axis < ROW_AXES; axis++) {
            int size = sizes.get(base + 2 + 2 * axis);
            startMask += rest % size * sizes.get(base + 3 + 2 * axis);
            rest = rest / size;
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int i = thread; i < width; i += THREADS) {
            if (mask.get(startMask + i * step) != 0) {
                max = DeviceFunctions.max(max, x.get(start + i));
            }
        }
        partial[thread] = max;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] = DeviceFunctions.max(partial[thread], partial[thread + half]);
            }
            context.localBarrier();
        }
        max = partial[0];
        context.localBarrier();
        float sum = 0f;
        for (int i = thread; i < width; i += THREADS) {
            if (mask.get(startMask + i * step) != 0) {
                sum += TornadoMath.exp(x.get(start + i) - max);
            }
        }
        partial[thread] = sum;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
            }
            context.localBarrier();
        }
        for (int i = thread; i < width; i += THREADS) {
            float value = 0f;
            if (mask.get(startMask + i * step) != 0) {
                value = TornadoMath.exp(x.get(start + i) - max) / partial[0];
            }
            out.set(start + i, value);
        }
    }
}
