package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.AttentionShape;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The softmax of disentangled attention, for products that the matrix library computes: it turns the scores
 * {@code q k^T} into weights where they are, with the terms of positions looked up.
 *
 * <p>A group of threads has some queries of a sequence and head. It walks over their scores twice, the second time while
 * they are in a cache. Threads that stand side by side read places that lie side by side: those of a term of queries
 * have neighbouring keys, those of a term of keys have neighbouring queries, and a tile in local memory passes the
 * latter on to the former.
 */
final class AttentionSoftmaxKernel {
    /** The number of threads of a group. */
    static final int THREADS = 256;

    /** The number of queries that a group computes. */
    static final int QUERIES = 16;

    /** The place behind the sizes of {@link AttentionShape} of the kernel's own. */
    private static final int OWN = AttentionShape.SIZES;

    /** The number of keys that a group reads in a step. */
    private static final int KEYS = 64;

    /** The number of threads that share one row of scores. */
    private static final int LANES = 32;

    /** The number of rows of scores that a group computes at the same time. */
    private static final int LINES = THREADS / LANES;

    /** The number of rows of scores that a thread computes. */
    private static final int ROWS = QUERIES / LINES;

    /** The number of keys of a step that a thread computes scores of. */
    private static final int COLUMNS = KEYS / LANES;

    /** The distance of rows in local memory: threads that read down a column must not meet in one bank. */
    private static final int PITCH = QUERIES + 1;

    /** The number of keys whose terms a group reads at the same time. */
    private static final int COLUMNS_AT_ONCE = THREADS / QUERIES;

    /** The number of keys whose terms a thread reads in a step. */
    private static final int TERMS = KEYS / COLUMNS_AT_ONCE;

    /** Below any score that counts; differences to it are numbers, which those to -inf are not. */
    private static final float LOWEST = -Float.MAX_VALUE;

    private AttentionSoftmaxKernel() {}

    /**
     * Computes weights, one group a tile of queries and a sequence along x, a head along y. From {@code own[0]}, sizes
     * are those of an {@link AttentionShape}, the tiles of queries of a sequence, the table's index of distance 0, and
     * the mask's strides along batch, head, query and key.
     *
     * @param scores as {@link AttentionShape} has them
     * @param queryTerm the term of queries and positions, with {@code c2p} 1
     * @param keyTerm the term of keys and positions, with {@code p2c} 1
     * @param out the result of attention, in which the rows become 0 whose sequence has no keys; a product writes the
     *     others
     */
    static void attentionSoftmax(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray scores,
            FloatArray queryTerm,
            FloatArray keyTerm,
            ByteArray mask,
            IntArray querySegments,
            IntArray keySegments,
            IntArray queryPositions,
            IntArray keyPositions,
            IntArray table,
            FloatArray out,
            float scale,
            int packed,
            int c2p,
            int p2c) {
        int base = own.get(0);
        float[] tile = context.allocateFloatLocalArray(2 * KEYS * PITCH);
        float[] maxima = context.allocateFloatLocalArray(QUERIES * LANES);
        float[] sums = context.allocateFloatLocalArray(QUERIES * LANES);
        float[] max = new float[ROWS];
        float[] sum = new float[ROWS];
        int[] lines = new int[ROWS];
        int[] positions = new int[ROWS];
        float[] found = new float[ROWS * COLUMNS];
        float[] terms = new float[TERMS];

        int thread = context.localIdx;
        int lane = thread % LANES;
        int line = thread / LANES;
        int head = context.groupIdy;
        // Kept in locals, as a compiler would read them again after each barrier.
        int sequences = sizes.get(base);
        int heads = sizes.get(base + 2);
        int width = sizes.get(base + 3);
        int allQueries = sizes.get(base + 4);
        int allKeys = sizes.get(base + 5);
        int longest = sizes.get(base + 6);
        int stride = sizes.get(base + 7);
        int firstSlot = sizes.get(base + 8);
        int slots = sizes.get(base + 10);
        int tiles = sizes.get(base + OWN);
        int centre = sizes.get(base + OWN + 1);
        int maskBatch = sizes.get(base + OWN + 2);
        int maskHead = sizes.get(base + OWN + 3);
        int maskQuery = sizes.get(base + OWN + 4);
        int maskKey = sizes.get(base + OWN + 5);

        int sequence = context.groupIdx / tiles;
        int firstQuery = context.groupIdx % tiles * QUERIES;
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
        if (keys == 0) {
            for (int at = thread; at < QUERIES * width; at += THREADS) {
                int query = firstQuery + at / width;
                if (query < queries) {
                    out.set(((beginQueries + query) * heads + head) * width + at % width, 0f);
                }
            }
        }
        if (firstQuery >= queries) {
            keys = 0; // This group computes nothing, but takes part in the barriers.
        }

        // The query whose terms of keys this thread reads, and those whose scores it computes. In the place of what is
        // behind the last query or key, the last one is read: loads without conditions are under way together.
        int column = thread % QUERIES;
        int columnPosition = Math.min(firstQuery + column, queries - 1);
        if (packed == 1) {
            if (keys > 0) {
                columnPosition = queryPositions.get(beginQueries + columnPosition);
            }
        }
        for (int r = 0; r < ROWS; r++) {
            int query = Math.min(firstQuery + line + r * LINES, queries - 1);
            max[r] = LOWEST;
            sum[r] = 0f;
            lines[r] = query;
            positions[r] = query;
            if (packed == 1) {
                if (keys > 0) {
                    positions[r] = queryPositions.get(beginQueries + query);
                }
            }
        }
        int matrix = (sequence * heads + head) * longest;

        // One half of the tile is written while the other is read.
        int half = 0;
        for (int firstKey = 0; firstKey < keys; firstKey += KEYS) {
            for (int c = 0; c < COLUMNS; c++) {
                int key = Math.min(firstKey + lane + c * LANES, keys - 1);
                int position = key;
                if (packed == 1) {
                    position = keyPositions.get(beginKeys + key);
                }
                for (int r = 0; r < ROWS; r++) {
                    float score = load(scores, (matrix + lines[r]) * stride + key);
                    if (c2p == 1) {
                        int slot = table.get(positions[r] - position + centre) - firstSlot;
                        score += load(queryTerm, (head * allQueries + beginQueries + lines[r]) * slots + slot);
                    }
                    found[c * ROWS + r] = score;
                }
            }
            if (p2c == 1) {
                for (int n = 0; n < TERMS; n++) {
                    int key = Math.min(firstKey + thread / QUERIES + n * COLUMNS_AT_ONCE, keys - 1);
                    int position = key;
                    if (packed == 1) {
                        position = keyPositions.get(beginKeys + key);
                    }
                    int slot = table.get(columnPosition - position + centre) - firstSlot;
                    terms[n] = load(keyTerm, (head * allKeys + beginKeys + key) * slots + slot);
                }
                for (int n = 0; n < TERMS; n++) {
                    tile[half + (thread / QUERIES + n * COLUMNS_AT_ONCE) * PITCH + column] = terms[n];
                }
                context.localBarrier();
            }
            for (int c = 0; c < COLUMNS; c++) {
                int key = firstKey + lane + c * LANES;
                for (int r = 0; r < ROWS; r++) {
                    int row = line + r * LINES;
                    float score = found[c * ROWS + r];
                    if (p2c == 1) {
                        score += tile[half + (lane + c * LANES) * PITCH + row];
                    }
                    score *= scale;
                    if (packed == 0) {
                        int visible = mask.get(sequence * maskBatch
                                + head * maskHead
                                + lines[r] * maskQuery
                                + Math.min(key, keys - 1) * maskKey);
                        score = visible != 0 ? score : Float.NEGATIVE_INFINITY;
                    }
                    if (key < keys) {
                        if (firstQuery + row < queries) {
                            store(scores, (matrix + firstQuery + row) * stride + key, score);
                            // The exponentials of the score and of the maximum differ by this factor.
                            float factor = TornadoMath.exp(-TornadoMath.abs(score - max[r]));
                            float before = sum[r];
                            sum[r] = score > max[r] ? before * factor + 1f : before + factor;
                            max[r] = score > max[r] ? score : max[r];
                        }
                    }
                }
            }
            half = KEYS * PITCH - half;
        }

        for (int r = 0; r < ROWS; r++) {
            int at = (line + r * LINES) * LANES + lane;
            maxima[at] = max[r];
            sums[at] = sum[r];
        }
        context.localBarrier();
        for (int apart = LANES / 2; apart > 0; apart /= 2) {
            if (lane < apart) {
                for (int r = 0; r < ROWS; r++) {
                    int at = (line + r * LINES) * LANES + lane;
                    float most = DeviceFunctions.max(maxima[at], maxima[at + apart]);
                    sums[at] = sums[at] * TornadoMath.exp(maxima[at] - most)
                            + sums[at + apart] * TornadoMath.exp(maxima[at + apart] - most);
                    maxima[at] = most;
                }
            }
            context.localBarrier();
        }
        for (int r = 0; r < ROWS; r++) {
            float whole = sums[(line + r * LINES) * LANES];
            max[r] = maxima[(line + r * LINES) * LANES];
            // The weights of a query that sees no key are 0.
            sum[r] = whole == 0f ? 0f : 1f / whole;
        }
        for (int firstKey = 0; firstKey < keys; firstKey += KEYS) {
            for (int c = 0; c < COLUMNS; c++) {
                int key = Math.min(firstKey + lane + c * LANES, keys - 1);
                for (int r = 0; r < ROWS; r++) {
                    found[c * ROWS + r] = load(scores, (matrix + lines[r]) * stride + key);
                }
            }
            for (int c = 0; c < COLUMNS; c++) {
                int key = firstKey + lane + c * LANES;
                for (int r = 0; r < ROWS; r++) {
                    int row = line + r * LINES;
                    if (key < keys) {
                        if (firstQuery + row < queries) {
                            float weight = TornadoMath.exp(found[c * ROWS + r] - max[r]) * sum[r];
                            store(scores, (matrix + firstQuery + row) * stride + key, weight);
                        }
                    }
                }
            }
        }
    }

    private static float load(FloatArray array, int index) {
        return array.get(index);
    }

    private static void store(FloatArray array, int index, float value) {
        array.set(index, value);
    }
}
