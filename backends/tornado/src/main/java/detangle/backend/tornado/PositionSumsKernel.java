package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Gradients of scores, added up by the row of the table of positions that they looked up: for each head and each query,
 * or each key, a row with an element for each row of the table. A thread owns one of these rows, so that sums are the
 * same at each run.
 */
final class PositionSumsKernel {
    private PositionSumsKernel() {}

    /**
     * Adds up gradients, a thread for each head and query, or key. From {@code own[0]}, sizes are: the number of
     * threads that have work; the queries of all sequences, and their keys; the rows of the table; the index's place of
     * distance 0; and the sequences, heads, longest and stride of an
     * {@link detangle.backend.tornado.cublaslt.AttentionShape}.
     *
     * @param gradients of scores, as the shape has them
     * @param index the row of the table for each distance
     * @param out {@code [heads, queries, table rows]}, or of keys
     * @param byKey 1 if a thread has a key, 0 if it has a query
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
        int thread = context.globalIdx;
        if (thread < sizes.get(base)) {
            int allQueries = sizes.get(base + 1);
            int allKeys = sizes.get(base + 2);
            int tableRows = sizes.get(base + 3);
            int centre = sizes.get(base + 4);
            int sequences = sizes.get(base + 5);
            int heads = sizes.get(base + 6);
            int longest = sizes.get(base + 7);
            int stride = sizes.get(base + 8);
            int rows = byKey == 1 ? allKeys : allQueries;
            int head = thread / rows;
            int row = thread % rows;
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
            } else {
                queries = allQueries / sequences;
                keys = allKeys / sequences;
                sequence = row / (rows / sequences);
                beginQueries = sequence * queries;
                beginKeys = sequence * keys;
            }
            int start = thread * tableRows;
            for (int slot = 0; slot < tableRows; slot++) {
                out.set(start + slot, 0f);
            }
            int matrix = (sequence * heads + head) * longest * stride;
            int count = byKey == 1 ? queries : keys;
            for (int other = 0; other < count; other++) {
                int query = byKey == 1 ? other : row - beginQueries;
                int key = byKey == 1 ? row - beginKeys : other;
                int distance = query - key;
                if (packed == 1) {
                    distance = queryPositions.get(beginQueries + query) - keyPositions.get(beginKeys + key);
                }
                int slot = index.get(distance + centre);
                if (slot >= 0) {
                    if (slot < tableRows) {
                        out.set(start + slot, out.get(start + slot) + gradients.get(matrix + query * stride + key));
                    }
                }
            }
        }
    }
}
