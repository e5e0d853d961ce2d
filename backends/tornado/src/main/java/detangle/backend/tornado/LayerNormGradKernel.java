package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The gradient dx of layer normalisation, and the mean and {@code 1 / sqrt(variance + epsilon)} of each row for the
 * sums of the other gradients.
 */
final class LayerNormGradKernel {
    /** The number of threads of a group, which computes one row; a power of two. */
    static final int THREADS = 64;

    private LayerNormGradKernel() {}

    /**
     * Computes the gradient of a layer norm, one group a row. From {@code own[0]}, sizes are: the row's length.
     *
     * @param moments two numbers for each row
     * @param hasResidual 1 if a residual is added first, or 0
     * @param hasResult 1 if dx is wanted, or 0
     */
    static void layerNormGrad(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray x,
            FloatArray residual,
            FloatArray gamma,
            FloatArray dy,
            FloatArray moments,
            FloatArray dx,
            float epsilon,
            int hasResidual,
            int hasResult) {
        int base = own.get(0);
        // Sums of two numbers at once: one in the first half, one in the second.
        float[] partial = context.allocateFloatLocalArray(2 * THREADS);
        int thread = context.localIdx;
        int width = sizes.get(base);
        int start = context.groupIdx * width;
        float sum = 0f;
        float sumOfG = 0f;
        for (int i = thread; i < width; i += THREADS) {
            float value = x.get(start + i);
            if (hasResidual == 1) {
                value += residual.get(start + i);
            }
            sum += value;
            sumOfG += dy.get(start + i) * gamma.get(i);
        }
        partial[thread] = sum;
        partial[THREADS + thread] = sumOfG;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
                partial[THREADS + thread] += partial[THREADS + thread + half];
            }
            context.localBarrier();
        }
        float mean = partial[0] / width;
        float meanOfG = partial[THREADS] / width;
        context.localBarrier();
        float squares = 0f;
        float products = 0f;
        for (int i = thread; i < width; i += THREADS) {
            float value = x.get(start + i);
            if (hasResidual == 1) {
                value += residual.get(start + i);
            }
            float centred = value - mean;
            squares += centred * centred;
            products += dy.get(start + i) * gamma.get(i) * centred;
        }
        partial[thread] = squares;
        partial[THREADS + thread] = products;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
                partial[THREADS + thread] += partial[THREADS + thread + half];
            }
            context.localBarrier();
        }
        float scale = 1f / TornadoMath.sqrt(partial[0] / width + epsilon);
        float along = partial[THREADS] / width * scale * scale;
        // A group without a row has no width and writes nothing, so the loops are all that write.
        for (int i = thread; i < width; i += THREADS) {
            if (i == 0) {
                moments.set(2 * context.groupIdx, mean);
                moments.set(2 * context.groupIdx + 1, scale);
            }
            if (hasResult == 1) {
                float value = x.get(start + i);
                if (hasResidual == 1) {
                    value += residual.get(start + i);
                }
                dx.set(start + i, (dy.get(start + i) * gamma.get(i) - meanOfG - (value - mean) * along) * scale);
            }
        }
    }
}
