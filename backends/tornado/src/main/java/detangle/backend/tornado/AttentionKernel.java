package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Disentangled attention without a matrix of scores: a group of threads holds a tile of queries of one head and walks
 * over the keys a tile at a time, with the softmax kept up to date on the way (Milakov and Gimelshein 2018, Dao et al.
 * 2022).
 *
 * <p>The position terms are products computed before ({@link ProductKernel}): {@code q pk^T} and {@code k pq^T}, a row
 * of positions for each query or key and head, as long as the table of positions however long the sequences are. Here
 * they are looked up.
 */
final class AttentionKernel {
    /** The number of threads of a group. */
    static final int THREADS = 64;

    /** The number of queries that a group computes, and of keys that it reads in a step. */
    static final int TILE = 32;

    /** The most elements of a row of a head that the kernel takes. */
    static final int MAX_WIDTH = 128;

    private static final int SIDE = 8;
    private static final int EACH = TILE / SIDE;
    private static final int COLUMNS = MAX_WIDTH / SIDE;
    private static final int PITCH = TILE + 1;
    private static final int HALF = TILE * TILE / THREADS;

    private AttentionKernel() {}

    /**
     * Computes attention: one group a tile of queries along x, a head along y, a sequence along z. Rows of q, k, v and
     * out are {@code [heads, width]}. Unpacked, each of z's sequences has as many queries and keys, and the mask
     * counts; packed, there is one row of sequences that the segments part, and z is 1.
     *
     * <p>From {@code own[0]}, sizes are: queries and keys of a sequence (packed: of all), heads, positions of the
     * tables, the table's index of distance 0, the mask's strides along batch, head, query and key, and the number of
     * sequences along z.
     *
     * @param queryScores {@code [heads, queries, positions]}, with {@code c2p} 1
     * @param keyScores {@code [heads, keys, positions]}, with {@code p2c} 1
     * @param width of a head
     */
    static void attention(
            KernelContext context,
            IntArray sizes,
            IntArray own,
            FloatArray q,
            FloatArray k,
            FloatArray v,
            ByteArray mask,
            IntArray querySegments,
            IntArray keySegments,
            IntArray queryPositions,
            IntArray keyPositions,
            FloatArray queryScores,
            FloatArray keyScores,
            IntArray table,
            FloatArray out,
            int width,
            float scale,
            int packed,
            int c2p,
            int p2c) {
        int base = own.get(0);
        float[] queryTile = context.allocateFloatLocalArray(TILE * (width + 1));
        float[] keyTile = context.allocateFloatLocalArray(TILE * (width + 1)); // It holds values later.
        float[] weights = context.allocateFloatLocalArray(TILE * PITCH);
        float[] halves = context.allocateFloatLocalArray(THREADS); // It holds what each thread has found.
        float[] shrinkage = context.allocateFloatLocalArray(TILE);
        int[] begins = context.allocateIntLocalArray(TILE);
        int[] ends = context.allocateIntLocalArray(TILE);
        int[] positions = context.allocateIntLocalArray(TILE);
        float[] result = new float[EACH * COLUMNS];
        float[] scores = new float[EACH * EACH];
        float[] column = new float[EACH];

        int thread = context.localIdx;
        int x = thread % SIDE;
        int y = thread / SIDE;
        int head = context.groupIdy;
        int batch = context.groupIdz;
        int firstQuery = context.groupIdx * TILE;
        int queries = sizes.get(base);
        int keys = sizes.get(base + 1);
        int heads = sizes.get(base + 2);
        int buckets = sizes.get(base + 3);
        int centre = sizes.get(base + 4);
        // Kept in locals, as a compiler would read them again after each barrier.
        int maskBatch = sizes.get(base + 5);
        int maskHead = sizes.get(base + 6);
        int maskQuery = sizes.get(base + 7);
        int maskKey = sizes.get(base + 8);
        int allQueries = queries * sizes.get(base + 9);
        int allKeys = keys * sizes.get(base + 9);

        for (int i = 0; i < EACH * COLUMNS; i++) {
            result[i] = 0f;
        }
        // The softmax of a row is the work of two threads: its maximum, and the sum of half of its weights.
        int pair = thread / 2;
        int half = pair * PITCH + thread % 2 * HALF;
        float max = Float.NEGATIVE_INFINITY;
        float sum = 0f;
        if (thread < TILE) {
            int query = firstQuery + thread;
            int begin = batch * keys;
            int end = 0; // A query beyond the last sees nothing.
            int position = query;
            if (query < queries) {
                end = batch * keys + keys;
                if (packed == 1) {
                    position = queryPositions.get(query);
                    int sequence = 0;
                    while (querySegments.get(sequence + 1) <= query) {
                        sequence++;
                    }
                    begin = keySegments.get(sequence);
                    end = keySegments.get(sequence + 1);
                }
            }
            begins[thread] = begin;
            ends[thread] = end;
            positions[thread] = position;
        }
        for (int at = thread; at < TILE * width; at += THREADS) {
            int row = at / width;
            int c = at % width;
            float value = 0f;
            if (firstQuery + row < queries) {
                value = q.get(((batch * queries + firstQuery + row) * heads + head) * width + c);
            }
            queryTile[row * (width + 1) + c] = value;
        }
        context.localBarrier();
        int lastKey = 0;
        for (int row = 0; row < TILE; row++) {
            if (ends[row] > lastKey) {
                lastKey = ends[row];
            }
        }

        for (int firstKey = begins[0]; firstKey < lastKey; firstKey += TILE) {
            for (int at = thread; at < TILE * width; at += THREADS) {
                int row = at / width;
                int c = at % width;
                float value = 0f;
                if (firstKey + row < lastKey) {
                    value = k.get(((firstKey + row) * heads + head) * width + c);
                }
                keyTile[row * (width + 1) + c] = value;
            }
            context.localBarrier();

            for (int i = 0; i < EACH * EACH; i++) {
                scores[i] = 0f;
            }
            for (int c = 0; c < width; c++) {
                for (int i = 0; i < EACH; i++) {
                    float value = queryTile[(y + i * SIDE) * (width + 1) + c];
                    for (int j = 0; j < EACH; j++) {
                        scores[i * EACH + j] += value * keyTile[(x + j * SIDE) * (width + 1) + c];
                    }
                }
            }
            for (int i = 0; i < EACH; i++) {
                int row = y + i * SIDE;
                int query = firstQuery + row;
                for (int j = 0; j < EACH; j++) {
                    int key = firstKey + x + j * SIDE;
                    float score = Float.NEGATIVE_INFINITY;
                    if (key >= begins[row] && key < ends[row]) {
                        int inSequence = key - batch * keys;
                        int position = inSequence;
                        int visible = 1;
                        if (packed == 1) {
                            position = keyPositions.get(key);
                        } else {
                            visible = mask.get(
                                    batch * maskBatch + head * maskHead + query * maskQuery + inSequence * maskKey);
                        }
                        if (visible != 0) {
                            score = scores[i * EACH + j];
                            if (c2p + p2c > 0) {
                                int bucket = table.get(positions[row] - position + centre);
                                if (c2p == 1) {
                                    score += queryScores.get(
                                            (head * allQueries + batch * queries + query) * buckets + bucket);
                                }
                                if (p2c == 1) {
                                    score += keyScores.get((head * allKeys + key) * buckets + bucket);
                                }
                            }
                            score *= scale;
                        }
                    }
                    weights[row * PITCH + x + j * SIDE] = score;
                }
            }
            context.localBarrier();

            float most = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < HALF; j++) {
                most = DeviceFunctions.max(most, weights[half + j]);
            }
            halves[thread] = most;
            context.localBarrier();

            float before = max;
            max = DeviceFunctions.max(before, DeviceFunctions.max(halves[pair * 2], halves[pair * 2 + 1]));
            // Before the first visible key the maximum is -inf, and differences to it are not numbers.
            if (max != Float.NEGATIVE_INFINITY) {
                float shrink = TornadoMath.exp(before - max);
                sum *= shrink;
                for (int j = 0; j < HALF; j++) {
                    float weight = TornadoMath.exp(weights[half + j] - max);
                    weights[half + j] = weight;
                    sum += weight;
                }
                shrinkage[pair] = shrink;
            } else {
                for (int j = 0; j < HALF; j++) {
                    weights[half + j] = 0f;
                }
                shrinkage[pair] = 1f;
            }
            for (int at = thread; at < TILE * width; at += THREADS) {
                int row = at / width;
                int c = at % width;
                float value = 0f;
                if (firstKey + row < lastKey) {
                    value = v.get(((firstKey + row) * heads + head) * width + c);
                }
                keyTile[row * (width + 1) + c] = value;
            }
            context.localBarrier();
            for (int i = 0; i < EACH; i++) {
                float factor = shrinkage[y + i * SIDE];
                for (int c = 0; c * SIDE < width; c++) {
                    result[i * COLUMNS + c] *= factor;
                }
            }
            for (int j = 0; j < TILE; j++) {
                for (int i = 0; i < EACH; i++) {
                    column[i] = weights[(y + i * SIDE) * PITCH + j];
                }
                for (int c = 0; c * SIDE < width; c++) {
                    if (x + c * SIDE < width) {
                        float value = keyTile[j * (width + 1) + x + c * SIDE];
                        for (int i = 0; i < EACH; i++) {
                            result[i * COLUMNS + c] += column[i] * value;
                        }
                    }
                }
            }
            context.localBarrier();
        }

        halves[thread] = sum;
        context.localBarrier();
        for (int i = 0; i < EACH; i++) {
            int row = y + i * SIDE;
            float whole = halves[row * 2] + halves[row * 2 + 1];
            if (firstQuery + row < queries) {
                for (int c = 0; c * SIDE < width; c++) {
                    if (x + c * SIDE < width) {
                        float value = 0f;
                        if (whole > 0f) {
                            value = result[i * COLUMNS + c] / whole;
                        }
                        out.set(((batch * queries + firstQuery + row) * heads + head) * width + x + c * SIDE, value);
                    }
                }
            }
        }
    }
}
