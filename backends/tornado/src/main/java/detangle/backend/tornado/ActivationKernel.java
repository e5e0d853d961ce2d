package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** An activation of values where they are, behind a product that a library computed. */
final class ActivationKernel {
    private ActivationKernel() {}

    /**
     * One thread a value. From {@code own[0]}, sizes are: how many there are.
     *
     * @param function the {@link DeviceFunctions#number} of one
     */
    static void activation(KernelContext context, IntArray sizes, IntArray own, FloatArray values, int function) {
        int element = context.globalIdx;
        if (element < sizes.get(own.get(0))) {
            values.set(element, DeviceFunctions.activation(function, values.get(element)));
        }
    }
}
