package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Applies an activation function in place to a product that the matrix library has computed. */
final class ActivationKernel {
    private ActivationKernel() {}

    /**
     * Runs one thread for each value. The number of values is at {@code own[0]} in {@code sizes}.
     *
     * @param values the product, which the activation replaces
     * @param function the {@link DeviceFunctions#number} of the activation
     */
    static void activation(KernelContext context, IntArray sizes, IntArray own, FloatArray values, int function) {
        int element = context.globalIdx;
        if (element < sizes.get(own.get(0))) {
            values.set(element, DeviceFunctions.activation(function, values.get(element)));
        }
    }
}
