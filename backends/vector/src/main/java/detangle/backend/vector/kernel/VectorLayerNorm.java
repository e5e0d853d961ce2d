package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Layer normalisation of rows, with an optional residual that is added first. In and out may be the same memory. */
public final class VectorLayerNorm {
    private static final int ROWS_PER_TASK = 16;

    private final WorkerPool.Task task = this::task;
    private float[] x;
    private int xo;
    private boolean hasResidual;
    private float[] residual;
    private int ro;
    private float[] gamma;
    private float[] beta;
    private float epsilon;
    private float[] out;
    private int oo;
    private int rows;
    private int size;

    /** A kernel whose operands are told at each run. */
    public VectorLayerNorm() {}

    /**
     * Sets what the next run reads.
     *
     * @param from {@code [rows,size]} from {@code at}
     * @param scale and {@code shift}: as many floats as a row has
     */
    public void operands(float[] from, int at, float[] scale, float[] shift) {
        x = from;
        xo = at;
        hasResidual = false;
        gamma = scale;
        beta = shift;
    }

    /** Adds these to what the next run reads, before it is normalised: {@code [rows,size]} from {@code at}. */
    public void residual(float[] from, int at) {
        residual = from;
        ro = at;
        hasResidual = true;
    }

    /** Normalises rows. One thread uses an object at a time. */
    public void run(float little, float[] to, int at, int rowCount, int rowSize) {
        epsilon = little;
        out = to;
        oo = at;
        rows = rowCount;
        size = rowSize;
        WorkerPool.SHARED.run(Math.ceilDiv(rows, ROWS_PER_TASK), task);
    }

    private void task(int index) {
        int last = Math.min(rows, (index + 1) * ROWS_PER_TASK);
        for (int row = index * ROWS_PER_TASK; row < last; row++) {
            int to = oo + row * size;
            if (hasResidual) {
                addAndNormalise(x, xo + row * size, residual, ro + row * size, gamma, beta, epsilon, out, to, size);
            } else {
                normalise(x, xo + row * size, gamma, beta, epsilon, out, to, size);
            }
        }
    }

    static void add(float[] a, int ao, float[] b, int bo, float[] out, int oo, int size) {
        if (!Warmup.usesVectors()) {
            FloatLoops.add(a, ao, b, bo, out, oo, size);
            return;
        }
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

    /** Normalises one row: the mean first, then the variance about it, which does not cancel. */
    static void normalise(
            float[] x, int xo, float[] gamma, float[] beta, float epsilon, float[] out, int oo, int size) {
        if (!Warmup.usesVectors()) {
            FloatLoops.normalise(x, xo, gamma, beta, epsilon, out, oo, size);
            return;
        }
        normalise(x, xo, false, x, xo, gamma, beta, epsilon, out, oo, size);
    }

    /** Normalises the sum of two rows; it has the bits of {@link #add} followed by {@link #normalise}. */
    static void addAndNormalise(
            float[] x,
            int xo,
            float[] residual,
            int ro,
            float[] gamma,
            float[] beta,
            float epsilon,
            float[] out,
            int oo,
            int size) {
        if (!Warmup.usesVectors()) {
            FloatLoops.add(x, xo, residual, ro, out, oo, size);
            FloatLoops.normalise(out, oo, gamma, beta, epsilon, out, oo, size);
            return;
        }
        normalise(x, xo, true, residual, ro, gamma, beta, epsilon, out, oo, size);
    }

    /** One method, too large to be inlined ({@link VectorMath}), in three passes: the sum of two rows is added up at once. */
    private static void normalise(
            float[] x,
            int xo,
            boolean adds,
            float[] residual,
            int ro,
            float[] gamma,
            float[] beta,
            float epsilon,
            float[] out,
            int oo,
            int size) {
        int vectors = SPECIES.loopBound(size);
        float[] z = adds ? out : x;
        int zo = adds ? oo : xo;
        float sum;
        if (adds) {
            FloatVector sums = FloatVector.zero(SPECIES);
            for (int i = 0; i < vectors; i += COUNT) {
                FloatVector both =
                        FloatVector.fromArray(SPECIES, x, xo + i).add(FloatVector.fromArray(SPECIES, residual, ro + i));
                both.intoArray(out, oo + i);
                sums = sums.add(both);
            }
            sum = Lanes.sum(sums);
            for (int i = vectors; i < size; i++) {
                out[oo + i] = x[xo + i] + residual[ro + i];
            }
        } else {
            FloatVector sums = FloatVector.zero(SPECIES);
            for (int i = 0; i < vectors; i += COUNT) {
                sums = sums.add(FloatVector.fromArray(SPECIES, x, xo + i));
            }
            sum = Lanes.sum(sums);
        }
        for (int i = vectors; i < size; i++) {
            sum += z[zo + i];
        }
        float mean = sum / size;
        FloatVector squares = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector d = FloatVector.fromArray(SPECIES, z, zo + i).sub(mean);
            squares = d.fma(d, squares);
        }
        float square = Lanes.sum(squares);
        for (int i = vectors; i < size; i++) {
            float d = z[zo + i] - mean;
            square += d * d;
        }
        float scale = (float) (1 / Math.sqrt(square / (double) size + epsilon));
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector.fromArray(SPECIES, z, zo + i)
                    .sub(mean)
                    .mul(scale)
                    .fma(FloatVector.fromArray(SPECIES, gamma, i), FloatVector.fromArray(SPECIES, beta, i))
                    .intoArray(out, oo + i);
        }
        for (int i = vectors; i < size; i++) {
            out[oo + i] = (z[zo + i] - mean) * scale * gamma[i] + beta[i];
        }
    }
}
