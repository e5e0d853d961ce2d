package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.AttentionShape;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/** Drops some of attention's weights in place, and scales the others; see {@link detangle.ir.AttentionDropout}. */
final class AttentionDropoutKernel {
    /** The number of threads of a group, which has one query of a head. */
    static final int THREADS = 64;

    private AttentionDropoutKernel() {}

    /**
     * Drops weights, one group a sequence and a query along x, a head along y. From {@code own[0]}, sizes are those of
     * an {@link AttentionShape}, the queries of a sequence along x, and both halves of the stream of random numbers.
     *
     * @param weights as {@link AttentionShape} has them
     * @param seed of the random numbers, one element
     * @param rate the probability of dropping
     * @param factor what the weights that are kept are multiplied with
     */
    static void attentionDropout(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray weights,
            LongArray seed,
            IntArray querySegments,
            IntArray keySegments,
            float rate,
            float factor,
            int packed) {
        int base = own.get(0);
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
            keys = 0; // This group has no query and computes nothing.
        }
        int start = ((sequence * heads + head) * longest + query) * stride;
        for (int key = context.localIdx; key < keys; key += THREADS) {
            float weight = weights.get(start + key);
            float kept = weight * factor;
            if (DevicePhilox.uniform(seed.get(0), stream, first + key) < rate) {
                kept = 0f;
            }
            weights.set(start + key, kept);
        }
    }
}
