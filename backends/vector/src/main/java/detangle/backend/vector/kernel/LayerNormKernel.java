package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Layer normalisation of rows, with an optional residual that is added first. In and out may be the same memory. */
public final class LayerNormKernel {
    private static final int ROWS_PER_TASK = 16;

    private LayerNormKernel() {}

    /**
     * @param x {@code [rows,size]} from {@code xo}
     * @param residual the same shape from {@code ro}, or {@code x} itself with {@code hasResidual} false
     */
    public static void run(
            float[] x,
            int xo,
            boolean hasResidual,
            float[] residual,
            int ro,
            float[] gamma,
            float[] beta,
            float epsilon,
            float[] out,
            int oo,
            int rows,
            int size) {
        WorkerPool.SHARED.run(Math.ceilDiv(rows, ROWS_PER_TASK), task -> {
            int last = Math.min(rows, (task + 1) * ROWS_PER_TASK);
            for (int row = task * ROWS_PER_TASK; row < last; row++) {
                int to = oo + row * size;
                if (hasResidual) {
                    add(x, xo + row * size, residual, ro + row * size, out, to, size);
                    normalise(out, to, gamma, beta, epsilon, out, to, size);
                } else {
                    normalise(x, xo + row * size, gamma, beta, epsilon, out, to, size);
                }
            }
        });
    }

    private static void add(float[] a, int ao, float[] b, int bo, float[] out, int oo, int size) {
        int i = 0;
        for (; i + COUNT <= size; i += COUNT) {
            FloatVector.fromArray(SPECIES, a, ao + i)
                    .add(FloatVector.fromArray(SPECIES, b, bo + i))
                    .intoArray(out, oo + i);
        }
        for (; i < size; i++) {
            out[oo + i] = a[ao + i] + b[bo + i];
        }
    }

    /** One row: the mean first, then the variance about it, which does not cancel. */
    static void normalise(
            float[] x, int xo, float[] gamma, float[] beta, float epsilon, float[] out, int oo, int size) {
        int vectors = SPECIES.loopBound(size);
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i += COUNT) {
            sums = sums.add(FloatVector.fromArray(SPECIES, x, xo + i));
        }
        float sum = sums.reduceLanes(VectorOperators.ADD);
        for (int i = vectors; i < size; i++) {
            sum += x[xo + i];
        }
        float mean = sum / size;
        FloatVector squares = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector d = FloatVector.fromArray(SPECIES, x, xo + i).sub(mean);
            squares = d.fma(d, squares);
        }
        float square = squares.reduceLanes(VectorOperators.ADD);
        for (int i = vectors; i < size; i++) {
            float d = x[xo + i] - mean;
            square += d * d;
        }
        float scale = (float) (1 / Math.sqrt(square / (double) size + epsilon));
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector.fromArray(SPECIES, x, xo + i)
                    .sub(mean)
                    .mul(scale)
                    .fma(FloatVector.fromArray(SPECIES, gamma, i), FloatVector.fromArray(SPECIES, beta, i))
                    .intoArray(out, oo + i);
        }
        for (int i = vectors; i < size; i++) {
            out[oo + i] = (x[xo + i] - mean) * scale * gamma[i] + beta[i];
        }
    }
}
