package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Softmax of one row in place. */
public final class VectorSoftmax {
    private VectorSoftmax() {}

    /** Zero where the mask is below 0; a row of nothing else becomes zeros. {@code size} is a multiple of the lanes. */
    public static void row(float[] x, int at, int size, float[] mask, int maskAt) {
        float scale = VectorMath.exponentials(x, at, size, 1, mask, maskAt);
        for (int i = at; i < at + size; i += COUNT) {
            FloatVector.fromArray(SPECIES, x, i).mul(scale).intoArray(x, i);
        }
    }
}
