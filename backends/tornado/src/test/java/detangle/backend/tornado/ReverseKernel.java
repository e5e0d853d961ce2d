package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.HalfFloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** A kernel that needs a barrier: it writes rows of 16-bit floats in the reverse order, through local memory. */
final class ReverseKernel {
    static final int THREADS = 8;

    private ReverseKernel() {}

    /** @param barriers 2 for a barrier, 1 for one that the first thread passes by, and 0 for none */
    static void reverse(
            KernelContext context, IntArray sizes, IntArray own, HalfFloatArray x, HalfFloatArray y, int barriers) {
        HalfFloat[] row = context.allocateHalfFloatLocalArray(THREADS);
        int thread = context.localIdx;
        row[thread] = x.get(context.globalIdx);
        if (barriers == 2 || barriers == 1 && thread > 0) {
            context.localBarrier();
        }
        y.set(context.groupIdx * THREADS + thread, row[THREADS - 1 - thread]);
    }
}
