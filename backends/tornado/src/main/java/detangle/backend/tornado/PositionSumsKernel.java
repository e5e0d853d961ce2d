package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Gradients of scores, added up by the row of the table of positions that they looked up: for each head and each query,
 * or each key, a row with an element for each row of the table. A group of threads computes one of these rows. All of its
 * threads see all gradients of the row, and each adds up those of its own elements, so that sums are the same at each
 * run.
 */
final class PositionSumsKernel {
    /** The number of threads of a group, a power of two. */
    static final int THREADS = 64;

    /** Elements of a row that are in local memory at once, a multiple of the threads. */
    private static final int BLOCK = 1024;

    private PositionSumsKernel() {}

    /**
     * Adds up gradients, one group a query or key along x, a head along y. From {@code own[0]}, sizes are: the groups
     * along x that have work; the queries of all sequences, and their keys; the rows of the table; the index's place of
     * distance 0; and the sequences, heads, longest and stride of an
     * {@link detangle.backend.tornado.cublaslt.AttentionShape}.
     *
     * @param gradients of scores, as the shape has them
     * @param index the row of the table for each distance
     * @param out {@code [heads, queries, table rows]}, or of keys
     * @param byKey 1 if a group has a key, 0 if it has a query
     */
    static void positionSums(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray gradients,
            IntArray querySegments,
            IntArray keySegments,
            IntArray queryPositions,
            IntArray keyPositions,
            IntArray index,
            FloatArray out,
            int byKey,
            int packed) {
        int base = own.get(0);
        float[] sums = context.allocateFloatLocalArray(BLOCK);
        float[] values = context.allocateFloatLocalArray(THREADS);
        int[] slots = context.allocateIntLocalArray(THREADS);
        int thread = context.localIdx;
        int row = context.groupIdx;
        int head = context.groupIdy;
        // Kept in locals, as a compiler would read them again after each barrier.
        int rows = sizes.get(base);
        int allQueries = sizes.get(base + 1);
        int allKeys = sizes.get(base + 2);
        int tableRows = sizes.get(base + 3);
        int centre = sizes.get(base + 4);
        int sequences = sizes.get(base + 5);
        int heads = sizes.get(base + 6);
        int longest = sizes.get(base + 7);
        int stride = sizes.get(base + 8);
        int sequence = sequences; // A row behind the last sequence has no gradient.
        int beginQueries = 0;
        int beginKeys = 0;
        int queries = 0;
        int keys = 0;
        if (packed == 1) {
            for (int n = 0; n < sequences; n++) {
                int begin = byKey == 1 ? keySegments.get(n) : querySegments.get(n);
                int end = byKey == 1 ? keySegments.get(n + 1) : querySegments.get(n + 1);
                if (row >= begin) {
                    if (row < end) {
                        sequence = n;
                    }
                }
            }
            if (sequence < sequences) {
                beginQueries = querySegments.get(sequence);
                beginKeys = keySegments.get(sequence);
                queries = querySegments.get(sequence + 1) - beginQueries;
                keys = keySegments.get(sequence + 1) - beginKeys;
            }
        } else if (row < rows) {
            queries = allQueries / sequences;
            keys = allKeys / sequences;
            sequence = row / (rows / sequences);
            beginQueries = sequence * queries;
            beginKeys = sequence * keys;
        }
        int matrix = (sequence * heads + head) * longest * stride;
        int count = byKey == 1 ? queries : keys;
        int start = (head * rows + row) * tableRows;
        for (int first = 0; first < tableRows; first += BLOCK) {
            for (int slot = thread; slot < BLOCK; slot += THREADS) {
                sums[slot] = 0f;
            }
            for (int from = 0; from < count; from += THREADS) {
                int other = from + thread;
                int slot = -1;
                float value = 0f;
                if (other < count) {
                    int query = byKey == 1 ? other : row - beginQueries;
                    int key = byKey == 1 ? row - beginKeys : other;
                    int distance = query - key;
                    if (packed == 1) {
                        distance = queryPositions.get(beginQueries + query) - keyPositions.get(beginKeys + key);
                    }
                    slot = index.get(distance + centre) - first;
                    value = gradients.get(matrix + query * stride + key);
                }
                slots[thread] = slot;
                values[thread] = value;
                context.localBarrier();
                for (int i = 0; i < THREADS; i++) {
                    int place = slots[i];
                    // Slots of earlier blocks are negative here, as the places of threads without a pair are.
                    if (place >= 0) {
                        if (place < BLOCK) {
                            if (place % THREADS == thread) {
                                sums[place] += values[i];
                            }
                        }
                    }
                }
                context.localBarrier();
            }
            // A thread reads and writes the elements of its own alone.
            if (row < rows) {
                for (int slot = thread; slot < BLOCK; slot += THREADS) {
                    if (first + slot < tableRows) {
                        out.set(start + first + slot, sums[slot]);
                    }
                }
            }
        }
    }
}
