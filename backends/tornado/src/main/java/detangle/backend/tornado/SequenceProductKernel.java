package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.AttentionShape;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The products of attention for each sequence and head, where no library computes them: of two matrices of rows, or of
 * a matrix of scores or weights and one of rows. A group of threads computes a tile of the result; both operands pass
 * through local memory in slices.
 */
final class SequenceProductKernel {
    /** The number of threads of a group. */
    static final int THREADS = 64;

    /** Rows and columns of the result that a group computes. */
    static final int TILE = 32;

    /** {@code out[i, j] = a_i b_j}: a has a row for each query, b one for each key, and out is a matrix of scores. */
    static final int SCORES = 0;

    /** {@code out_i = sum over j of a[i, j] b_j}: a is a matrix of weights, b has a row for each key. */
    static final int CONTEXT = 1;

    /** {@code out_j = sum over i of a[i, j] b_i}: a is a matrix of weights, b has a row for each query. */
    static final int TRANSPOSED = 2;

    private static final int DEPTH = 16;
    private static final int PITCH = TILE + 1; // Threads that store down a column must not meet in one bank.
    private static final int SIDE = 8;
    private static final int EACH = TILE / SIDE;
    private static final int READS = TILE * DEPTH / THREADS;

    private SequenceProductKernel() {}

    /**
     * Computes a product, one group a sequence and a tile of rows along x, a head along y, a tile of columns along z.
     * From {@code own[0]}, sizes are those of an {@link AttentionShape}, and the tiles of rows of a sequence. Rows are
     * {@code [heads, width]}, and matrices lie as the shape says.
     *
     * @param kind {@link #SCORES}, {@link #CONTEXT} or {@link #TRANSPOSED}
     */
    static void sequenceProduct(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray a,
            FloatArray b,
            IntArray querySegments,
            IntArray keySegments,
            FloatArray out,
            int kind,
            int packed) {
        int base = own.get(0);
        float[] left = context.allocateFloatLocalArray(DEPTH * PITCH);
        float[] right = context.allocateFloatLocalArray(DEPTH * PITCH);
        float[] sums = new float[EACH * EACH];
        int thread = context.localIdx;
        int x = thread % SIDE;
        int y = thread / SIDE;
        int head = context.groupIdy;
        // Kept in locals, as a compiler would read them again after each barrier.
        int sequences = sizes.get(base);
        int heads = sizes.get(base + 2);
        int width = sizes.get(base + 3);
        int allQueries = sizes.get(base + 4);
        int allKeys = sizes.get(base + 5);
        int longest = sizes.get(base + 6);
        int stride = sizes.get(base + 7);
        int tiles = sizes.get(base + AttentionShape.SIZES);

        int sequence = context.groupIdx / tiles;
        int firstRow = context.groupIdx % tiles * TILE;
        int firstColumn = context.groupIdz * TILE;
        int beginQueries = 0;
        int beginKeys = 0;
        int queries = 0;
        int keys = 0;
        if (sequence < sequences) {
            if (packed == 1) {
                beginQueries = querySegments.get(sequence);
                beginKeys = keySegments.get(sequence);
                queries = querySegments.get(sequence + 1) - beginQueries;
                keys = keySegments.get(sequence + 1) - beginKeys;
            } else {
                queries = allQueries / sequences;
                keys = allKeys / sequences;
                beginQueries = sequence * queries;
                beginKeys = sequence * keys;
            }
        }
        int row = heads * width;
        int matrix = (sequence * heads + head) * longest * stride;
        int startQuery = beginQueries * row + head * width;
        int startKey = beginKeys * row + head * width;
        int rows = queries;
        int columns = width;
        int depth = keys;
        int startA = matrix;
        int rowA = stride;
        int depthA = 1;
        int startB = startKey;
        int columnB = 1;
        int depthB = row;
        int startOut = startQuery;
        int rowOut = row;
        if (kind == SCORES) {
            columns = keys;
            depth = width;
            startA = startQuery;
            rowA = row;
            columnB = row;
            depthB = 1;
            startOut = matrix;
            rowOut = stride;
        }
        if (kind == TRANSPOSED) {
            rows = keys;
            depth = queries;
            rowA = 1;
            depthA = stride;
            startB = startQuery;
            startOut = startKey;
        }
        if (firstRow >= rows) {
            depth = 0; // This group computes nothing, but takes part in the barriers.
        }
        if (firstColumn >= columns) {
            depth = 0;
        }
        for (int i = 0; i < EACH * EACH; i++) {
            sums[i] = 0f;
        }
        for (int from = 0; from < depth; from += DEPTH) {
            for (int n = 0; n < READS; n++) {
                int at = thread + n * THREADS;
                // Threads that stand side by side read places that lie side by side.
                int line = at / DEPTH;
                int k = at % DEPTH;
                if (kind == TRANSPOSED) {
                    line = at % TILE;
                    k = at / TILE;
                }
                float l = 0f;
                if (firstRow + line < rows) {
                    if (from + k < depth) {
                        l = a.get(startA + (firstRow + line) * rowA + (from + k) * depthA);
                    }
                }
                left[k * PITCH + line] = l;
                line = at % TILE;
                k = at / TILE;
                if (kind == SCORES) {
                    line = at / DEPTH;
                    k = at % DEPTH;
                }
                float r = 0f;
                if (firstColumn + line < columns) {
                    if (from + k < depth) {
                        r = b.get(startB + (firstColumn + line) * columnB + (from + k) * depthB);
                    }
                }
                right[k * PITCH + line] = r;
            }
            context.localBarrier();
            for (int d = 0; d < DEPTH; d++) {
                for (int i = 0; i < EACH; i++) {
                    float l = left[d * PITCH + y + i * SIDE];
                    for (int j = 0; j < EACH; j++) {
                        sums[i * EACH + j] += l * right[d * PITCH + x + j * SIDE];
                    }
                }
            }
            context.localBarrier();
        }
        for (int i = 0; i < EACH; i++) {
            int rowOfResult = firstRow + y + i * SIDE;
            for (int j = 0; j < EACH; j++) {
                int column = firstColumn + x + j * SIDE;
                if (rowOfResult < rows) {
                    if (column < columns) {
                        out.set(startOut + rowOfResult * rowOut + column, sums[i * EACH + j]);
                    }
                }
            }
        }
    }
}
