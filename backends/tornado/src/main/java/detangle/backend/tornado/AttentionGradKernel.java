package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.AttentionShape;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/**
 * The gradient of attention's softmax, between the products that {@link AttentionGradLowering} names: it turns the
 * gradients of weights into gradients of scores where they are.
 */
final class AttentionGradKernel {
    /** The number of threads of a group, which has one query of a head; a power of two. */
    static final int THREADS = 64;

    private AttentionGradKernel() {}

    /**
     * Computes gradients of scores, one group a sequence and a query along x, a head along y. From {@code own[0]},
     * sizes are those of an {@link AttentionShape}, the queries of a sequence along x, and both halves of the stream of
     * random numbers.
     *
     * @param weights the weights of attention as {@link AttentionShape} has them; with dropout they become those that
     *     dropout leaves
     * @param gradients the products {@code dout v^T}, which become the gradients of scores
     * @param seed of the random numbers of dropout, one element
     * @param scale what scores are multiplied with before the softmax
     * @param rate the probability of dropping
     * @param factor what the weights that are kept are multiplied with
     * @param drops 1 if attention has dropout, or 0
     */
    static void attentionGrad(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray weights,
            FloatArray gradients,
            LongArray seed,
            IntArray querySegments,
            IntArray keySegments,
            float scale,
            float rate,
            float factor,
            int drops,
            int packed) {
        int base = own.get(0);
        float[] partial = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int head = context.groupIdy;
        int sequences = sizes.get(base);
        int heads = sizes.get(base + 2);
        int allQueries = sizes.get(base + 4);
        int allKeys = sizes.get(base + 5);
        int longest = sizes.get(base + 6);
        int stride = sizes.get(base + 7);
        int rows = sizes.get(base + AttentionShape.SIZES);
        long stream = DevicePhilox.stream(
                sizes.get(base + AttentionShape.SIZES + 1), sizes.get(base + AttentionShape.SIZES + 2));
        int sequence = context.groupIdx / rows;
        int query = context.groupIdx % rows;
        int queries = 0;
        int keys = 0;
        long first = 0;
        if (sequence < sequences) {
            if (packed == 1) {
                int begin = querySegments.get(sequence);
                int beginKeys = keySegments.get(sequence);
                queries = querySegments.get(sequence + 1) - begin;
                keys = keySegments.get(sequence + 1) - beginKeys;
                long line = head;
                line = line * allQueries + begin + query;
                first = line * allKeys + beginKeys;
            } else {
                queries = allQueries / sequences;
                keys = allKeys / sequences;
                long line = sequence * heads + head;
                line = line * queries + query;
                first = line * keys;
            }
        }
        if (query >= queries) {
            keys = 0; // This group computes nothing, but takes part in the barriers.
        }
        int start = ((sequence * heads + head) * longest + query) * stride;
        float sum = 0f;
        for (int key = thread; key < keys; key += THREADS) {
            float gradient = gradients.get(start + key);
            if (drops == 1) {
                gradient *= factor;
                if (DevicePhilox.uniform(seed.get(0), stream, first + key) < rate) {
                    gradient = 0f;
                }
                gradients.set(start + key, gradient);
            }
            sum += gradient * weights.get(start + key);
        }
        partial[thread] = sum;
        context.localBarrier();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                partial[thread] += partial[thread + half];
            }
            context.localBarrier();
        }
        float mean = partial[0];
        // A thread reads what it has written itself.
        for (int key = thread; key < keys; key += THREADS) {
            float weight = weights.get(start + key);
            gradients.set(start + key, (gradients.get(start + key) - mean) * weight * scale);
            if (drops == 1) {
                float kept = weight * factor;
                if (DevicePhilox.uniform(seed.get(0), stream, first + key) < rate) {
                    kept = 0f;
                }
                weights.set(start + key, kept);
            }
        }
    }
}
