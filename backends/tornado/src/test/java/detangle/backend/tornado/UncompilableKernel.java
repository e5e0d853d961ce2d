package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What no device can do, and Java can. */
final class UncompilableKernel {
    private UncompilableKernel() {}

    static void uncompilable(KernelContext context, IntArray out) {
        if (context.globalIdx < 0) {
            throw new IllegalStateException();
        }
        out.set(0, 1);
    }
}
