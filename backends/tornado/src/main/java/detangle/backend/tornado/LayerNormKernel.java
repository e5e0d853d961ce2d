package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** {@code (x + residual - mean) / sqrt(variance + epsilon) * gamma + beta} over rows, 0 where a mask does not hold. */
final class LayerNormKernel {
    /** The number of threads of a group, which computes one row; a power of two. */
    static final int THREADS = 64;

    private LayerNormKernel() {}

    /**
     * Computes a layer norm, one group a row. From {@code own[0]}, sizes are: the row's length. The result may be x
     * itself.
     *
     * @param hasResidual 1 if a residual is added first, or 0
     * @param masked 1 if the mask counts, one element a row, or 0
     */
    static void layerNorm(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray x,
            FloatArray residual,
            FloatArray gamma,
            FloatArray beta,
            ByteArray mask,
            FloatArray out,
            float epsilon,
            int hasResidual,
            int masked) {
        int base = own.get(0);
        float[] partial = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int width = sizes.get(base);
        int start = context.groupIdx * width;
        float sum = 0f;
        for (int i = thread; i < width; i += THREADS) {
            float value = x.get(start + i);
            if (hasResidual == 1) {
                value += residual.get(start + i);
            }
            sum += value;
        }
        partial[thread] = sum;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
            }
            context.localBarrier();
        }
        float mean = partial[0] / width;
        context.localBarrier();
        float squares = 0f;
        for (int i = thread; i < width; i += THREADS) {
            float value = x.get(start + i);
            if (hasResidual == 1) {
                value += residual.get(start + i);
            }
            squares += (value - mean) * (value - mean);
        }
        partial[thread] = squares;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
            }
            context.localBarrier();
        }
        float scale = 1f / TornadoMath.sqrt(partial[0] / width + epsilon);
        for (int i = thread; i < width; i += THREADS) {
            float value = x.get(start + i);
            if (hasResidual == 1) {
                value += residual.get(start + i);
            }
            float normal = (value - mean) * scale * gamma.get(i) + beta.get(i);
            if (masked == 1) {
                if (mask.get(context.groupIdx) == 0) {
                    normal = 0f;
                }
            }
            out.set(start + i, normal);
        }
    }
}
