package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;
import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Disentangled attention, one task for a head of a sequence. Scores of a block of queries are kept in cache; the position
 * terms are products with the few panels of the position tables that the block reaches, looked up by gathers.
 */
public final class AttentionKernel {
    /** Queries of a block: its scores and position terms at length 512 fit the second-level cache. */
    private static final int BLOCK = 48;

    private static final int KEYS = 2;
    private static final int VALUES = 3;
    private static final int KEY_TERMS = 4;
    private static final int SCORES = 5;
    private static final int QUERY_TERMS = 6;
    private static final int PACKED = 7;
    private static final int FACTORS = 8;

    private static final float[] NO_BIAS = new float[2 * WIDTH];

    /** Where the heads of q, k, v or the result are: element (b,s,h,e) at {@code offset + ((b*S+s)*A + h)*d + e}. */
    public record Heads(float[] data, int offset) {}

    /** i1 by bytes: element (b,q,k) at {@code offset + b*perBatch + q*perQuery + k*perKey}. */
    public record Mask(byte[] data, int offset, int perBatch, int perQuery, int perKey) {}

    /** The position tables of each head, packed, and the table of rows. */
    public record Positions(Optional<PackedMatrix[]> keys, Optional<PackedMatrix[]> queries, RelativeTable table) {}

    private final int batch;
    private final int length;
    private final int heads;
    private final int size;
    private final float scale;

    public AttentionKernel(int batch, int length, int heads, int size, double scale) {
        this.batch = batch;
        this.length = length;
        this.heads = heads;
        this.size = size;
        this.scale = (float) scale;
    }

    public void run(Heads q, Heads k, Heads v, Mask mask, Optional<Positions> positions, Heads out) {
        int blocks = Math.ceilDiv(length, BLOCK);
        int threads = WorkerPool.SHARED.threads();
        // With fewer heads than threads need, blocks of a head are shared as well, at the price of packing it again.
        int parts = batch * heads >= 2 * threads ? 1 : Math.min(blocks, Math.ceilDiv(2 * threads, batch * heads));
        WorkerPool.SHARED.run(batch * heads * parts, task -> {
            int head = task / parts;
            int part = task % parts;
            run(
                    head / heads,
                    head % heads,
                    part * blocks / parts,
                    (part + 1) * blocks / parts,
                    q,
                    k,
                    v,
                    mask,
                    positions,
                    out);
        });
    }

    private void run(
            int b,
            int h,
            int fromBlock,
            int toBlock,
            Heads q,
            Heads k,
            Heads v,
            Mask mask,
            Optional<Positions> positions,
            Heads out) {
        Scratch scratch = Scratch.get();
        int stride = heads * size;
        int head = (b * length * heads + h) * size;
        int padded = Lanes.roundUp(length, WIDTH);
        float[] keys = scratch.floats(KEYS, PackedMatrix.size(size, length));
        PackedMatrix.packRows(k.data(), k.offset() + head, stride, length, size, keys, 0);
        float[] values = scratch.floats(VALUES, PackedMatrix.size(length, size));
        PackedMatrix.packColumns(v.data(), v.offset() + head, stride, length, size, values, 0);
        float[] packed = scratch.floats(PACKED, BLOCK * Math.max(size, length) + padded);
        int maskBuffer = BLOCK * Math.max(size, length);

        Optional<PackedMatrix> pk = positions.flatMap(Positions::keys).map(m -> m[h]);
        Optional<PackedMatrix> pq = positions.flatMap(Positions::queries).map(m -> m[h]);
        int termStride =
                positions.map(p -> Lanes.roundUp(p.table().positions(), WIDTH)).orElse(0);
        float[] keyTerms = scratch.floats(KEY_TERMS, pq.isPresent() ? padded * termStride : 0);
        if (pq.isPresent()) {
            keyTerms(k, head, stride, pq.get(), positions.get().table(), keyTerms, termStride, packed);
        }
        float[] scores = scratch.floats(SCORES, BLOCK * padded);
        float[] queryTerms = scratch.floats(QUERY_TERMS, pk.isPresent() ? BLOCK * termStride : 0);

        float[] factors = scratch.floats(FACTORS, BLOCK);
        int seen = -1;
        for (int block = fromBlock; block < toBlock; block++) {
            int first = block * BLOCK;
            int rows = Math.min(BLOCK, length - first);
            MicroKernel.packRows(q.data(), q.offset() + head + first * stride, stride, rows, size, packed, 0);
            products(packed, rows, size, keys, 0, 0, PackedMatrix.panels(length) - 1, scores, padded);
            if (pk.isPresent()) {
                long panels = positions.get().table().panels(length - first - rows, 2 * length - 2 - first);
                int low = (int) (panels >>> 32);
                products(
                        packed,
                        rows,
                        size,
                        pk.get().data(),
                        pk.get().offset(),
                        low,
                        (int) panels,
                        queryTerms,
                        termStride);
            }
            for (int i = 0; i < rows; i++) {
                if (pk.isPresent()) {
                    addQueryTerm(
                            scores,
                            i * padded,
                            queryTerms,
                            i * termStride,
                            positions.get().table(),
                            first + i,
                            padded);
                }
                if (pq.isPresent()) {
                    addKeyTerm(
                            scores,
                            i * padded,
                            keyTerms,
                            termStride,
                            positions.get().table(),
                            first + i,
                            padded);
                }
                int maskAt = mask.offset() + b * mask.perBatch() + (first + i) * mask.perQuery();
                // Most queries of a sequence see the same keys.
                if (maskAt != seen && (seen < 0 || differs(mask, maskAt, seen))) {
                    maskRow(mask, maskAt, packed, maskBuffer, padded);
                }
                seen = maskAt;
                scaleAndMask(scores, i * padded, scale, packed, maskBuffer, padded);
                factors[i] = SoftmaxKernel.exponentials(scores, i * padded, padded);
            }
            MicroKernel.packRows(scores, 0, padded, rows, length, packed, 0);
            int to = out.offset() + head + first * stride;
            for (int p = 0; p < PackedMatrix.panels(size); p++) {
                int columns = Math.min(WIDTH, size - p * WIDTH);
                Gemm.multiply(
                        packed,
                        rows,
                        length,
                        values,
                        p * length * WIDTH,
                        columns,
                        NO_BIAS,
                        0,
                        out.data(),
                        to + p * WIDTH,
                        stride);
            }
            for (int i = 0; i < rows; i++) {
                multiply(out.data(), to + i * stride, size, factors[i]);
            }
        }
    }

    private static void multiply(float[] x, int at, int size, float factor) {
        for (int e = at; e < at + size; e++) {
            x[e] *= factor;
        }
    }

    private boolean differs(Mask mask, int one, int other) {
        byte[] data = mask.data();
        return mask.perKey() != 1 || !Arrays.equals(data, one, one + length, data, other, other + length);
    }

    /** Products of packed rows with panels {@code [from, to]}, each at its own columns of the result. */
    private static void products(
            float[] packed, int rows, int k, float[] b, int bo, int from, int to, float[] c, int ldc) {
        for (int p = from; p <= to; p++) {
            Gemm.multiply(packed, rows, k, b, bo + p * k * WIDTH, WIDTH, NO_BIAS, 0, c, p * WIDTH, ldc);
        }
    }

    /** {@code k_j . pq[r]} for every key and every position row that some query sees it at. */
    private void keyTerms(
            Heads k,
            int head,
            int stride,
            PackedMatrix pq,
            RelativeTable table,
            float[] keyTerms,
            int termStride,
            float[] packed) {
        for (int first = 0; first < length; first += BLOCK) {
            int rows = Math.min(BLOCK, length - first);
            MicroKernel.packRows(k.data(), k.offset() + head + first * stride, stride, rows, size, packed, 0);
            long panels = table.panels(first, first + rows - 1 + length - 1);
            for (int p = (int) (panels >>> 32); p <= (int) panels; p++) {
                Gemm.multiply(
                        packed,
                        rows,
                        size,
                        pq.data(),
                        pq.offset() + p * size * WIDTH,
                        WIDTH,
                        NO_BIAS,
                        0,
                        keyTerms,
                        first * termStride + p * WIDTH,
                        termStride);
            }
        }
    }

    private static void addQueryTerm(
            float[] scores, int at, float[] terms, int row, RelativeTable table, int query, int padded) {
        int[] map = table.byKey();
        int first = table.length() - 1 - query;
        for (int j = 0; j < padded; j += COUNT) {
            FloatVector.fromArray(SPECIES, scores, at + j)
                    .add(FloatVector.fromArray(SPECIES, terms, row, map, first + j))
                    .intoArray(scores, at + j);
        }
    }

    private static void addKeyTerm(
            float[] scores, int at, float[] terms, int termStride, RelativeTable table, int query, int padded) {
        int[] map = table.rowGather();
        int first = table.length() - 1 - query;
        for (int j = 0; j < padded; j += COUNT) {
            FloatVector.fromArray(SPECIES, scores, at + j)
                    .add(FloatVector.fromArray(SPECIES, terms, j * termStride, map, (first + j) * COUNT))
                    .intoArray(scores, at + j);
        }
    }

    /** 0 where the mask holds, -inf elsewhere and beyond the last key. */
    private void maskRow(Mask mask, int maskAt, float[] row, int at, int padded) {
        byte[] data = mask.data();
        for (int j = 0; j < length; j++) {
            row[at + j] = data[maskAt + j * mask.perKey()] != 0 ? 0 : Float.NEGATIVE_INFINITY;
        }
        Arrays.fill(row, at + length, at + padded, Float.NEGATIVE_INFINITY);
    }

    private static void scaleAndMask(float[] scores, int at, float scale, float[] mask, int maskAt, int padded) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        for (int j = 0; j < padded; j += COUNT) {
            // Blended, not added: what is masked out may be NaN.
            VectorMask<Float> hidden =
                    FloatVector.fromArray(SPECIES, mask, maskAt + j).compare(VectorOperators.LT, 0);
            FloatVector.fromArray(SPECIES, scores, at + j)
                    .mul(factor)
                    .blend(Float.NEGATIVE_INFINITY, hidden)
                    .intoArray(scores, at + j);
        }
    }
}
