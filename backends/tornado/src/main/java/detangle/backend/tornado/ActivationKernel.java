package detangle.backend.tornado;

import detangle.backend.tornado.Launch.Work;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Applies an activation function in place to a product that the matrix library has computed. */
final class ActivationKernel {
    /** The number of threads of a group. */
    static final int THREADS = 256;

    /** The number of values of a thread. It loads all of them before it computes, so that enough loads are under way. */
    static final int EACH = 8;

    private ActivationKernel() {}

    /** Returns the work for so many values. */
    static Work work(int values) {
        return new Work(new int[] {values}, Math.ceilDiv(values, THREADS * EACH), 1, 1);
    }

    /**
     * Computes {@link #EACH} values a thread, those of a group one behind the other. The number of values is at
     * {@code own[0]} in {@code sizes}.
     *
     * @param values the product, which the activation replaces
     * @param function the {@link DeviceFunctions#number} of the activation
     */
    static void activation(KernelContext context, IntArray sizes, IntArray own, FloatArray values, int function) {
        float[] loaded = new float[EACH];
        int count = sizes.get(own.get(0));
        int first = context.groupIdx * THREADS * EACH + context.localIdx;
        if (first < count) {
            for (int i = 0; i < EACH; i++) {
                int element = first + i * THREADS;
                int within = element < count ? element : first;
                loaded[i] = values.get(within);
            }
            for (int i = 0; i < EACH; i++) {
                int element = first + i * THREADS;
                if (element < count) {
                    values.set(element, DeviceFunctions.activation(function, loaded[i]));
                }
            }
        }
    }
}
