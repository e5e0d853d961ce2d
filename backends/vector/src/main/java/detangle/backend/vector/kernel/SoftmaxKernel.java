package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Softmax of one row in place. */
final class SoftmaxKernel {
    private SoftmaxKernel() {}

    /** A row whose masked places are -inf; a row of nothing else becomes zeros. {@code size} is a multiple of the lanes. */
    static void row(float[] x, int at, int size) {
        float scale = exponentials(x, at, size);
        for (int i = at; i < at + size; i += COUNT) {
            FloatVector.fromArray(SPECIES, x, i).mul(scale).intoArray(x, i);
        }
    }

    /** Softmax up to a factor, which is returned: 0 for a row of -inf. */
    static float exponentials(float[] x, int at, int size) {
        FloatVector largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int i = at; i < at + size; i += COUNT) {
            largest = largest.max(FloatVector.fromArray(SPECIES, x, i));
        }
        float max = largest.reduceLanes(VectorOperators.MAX);
        if (max == Float.NEGATIVE_INFINITY) {
            Arrays.fill(x, at, at + size, 0);
            return 0;
        }
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int i = at; i < at + size; i += COUNT) {
            FloatVector e = VectorMath.expOfNegative(
                    FloatVector.fromArray(SPECIES, x, i).sub(max));
            e.intoArray(x, i);
            sums = sums.add(e);
        }
        return 1 / sums.reduceLanes(VectorOperators.ADD);
    }
}
