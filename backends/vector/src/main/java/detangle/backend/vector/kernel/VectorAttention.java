package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;
import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Disentangled attention, one task for a head of a sequence. Scores of a block of queries are kept in cache; the
 * position terms are products with the few panels of the position tables that the block reaches, looked up by gathers.
 *
 * <p>A sequence's keys take the places from its first position to its last; a place without a key is masked.
 */
public final class VectorAttention {
    /** Queries of a block: its scores and position terms at length 512 fit the second-level cache. */
    private static final int BLOCK = 48;

    private static final int KEYS = 2;
    private static final int VALUES = 3;
    private static final int KEY_TERMS = 4;
    private static final int SCORES = 5;
    private static final int QUERY_TERMS = 6;
    private static final int PACKED = 7;
    private static final int FACTORS = 8;
    private static final int SPREAD = 9;

    private static final float[] NO_BIAS = new float[2 * WIDTH];

    private final AttentionOperands operands = new AttentionOperands();
    private final WorkerPool.Task task = this::run;

    /** Kept from run to run. */
    private final List<Head> parallel = new ArrayList<>();

    private int heads;
    private int size;
    private float scale;
    private int parts;

    /** What the next run reads, and where it writes. All of it is to be set before the first. */
    public AttentionOperands operands() {
        return operands;
    }

    /**
     * One run at a time.
     *
     * @param batch the number of sequences
     * @param headCount heads of a row
     * @param headSize elements of a head
     */
    public void run(int batch, int headCount, int headSize, double factor) {
        heads = headCount;
        size = headSize;
        scale = (float) factor;
        int longest = 0;
        for (int b = 0; b < batch; b++) {
            longest = Math.max(longest, operands.queries.begin(b + 1) - operands.queries.begin(b));
        }
        int threads = WorkerPool.SHARED.threads();
        // With fewer heads than threads need, blocks of a head are shared as well, at the price of packing it again.
        parts = batch * heads >= 2 * threads
                ? 1
                : Math.clamp(Math.ceilDiv(longest, BLOCK), 1, Math.ceilDiv(2 * threads, batch * heads));
        int tasks = batch * heads * parts;
        while (parallel.size() < tasks) {
            parallel.add(new Head());
        }
        WorkerPool.SHARED.run(tasks, task);
    }

    private void run(int index) {
        Head head = parallel.get(index);
        head.locate(index / parts / heads, index / parts % heads);
        head.run(index % parts, parts);
    }

    /** One head of one sequence; which, it is told each time. */
    private final class Head {
        private int stride;
        private int sequence;
        private int head;

        /** The first key's position: its place is 0. */
        private int first;

        /** Places of keys. */
        private int span;

        private int padded;
        private int scoreStride;
        private boolean gaps;
        private RelativeTable table;
        private PackedMatrix pk;
        private PackedMatrix pq;
        private int termStride;

        void locate(int ofSequence, int ofHead) {
            this.stride = heads * size;
            this.sequence = ofSequence;
            this.head = ofHead;
            int begin = operands.keys.begin(sequence);
            int count = operands.keys.begin(sequence + 1) - begin;
            this.first = count == 0 ? 0 : operands.keys.position(begin);
            this.span = count == 0 ? 0 : operands.keys.position(begin + count - 1) - first + 1;
            this.gaps = span != count;
            this.padded = Lanes.roundUp(span, WIDTH);
            // Not a power of two, so that rows do not all fall into the same sets of the cache.
            this.scoreStride = padded + COUNT;
            this.table = operands.positions.table;
            this.pk = of(operands.positions.keys);
            this.pq = of(operands.positions.queries);
            this.termStride = table.stride();
        }

        private PackedMatrix of(PackedMatrix[] tables) {
            return tables.length > 0 ? tables[head] : PackedMatrix.NONE;
        }

        private int at(AttentionOperands.Heads x, int row) {
            return x.offset + (row * heads + head) * size;
        }

        /** The difference of place and position at which a query meets the key at place 0. */
        private int origin(int query) {
            return table.origin() + first - query;
        }

        void run(int part, int parts) {
            int begin = operands.queries.begin(sequence);
            int end = operands.queries.begin(sequence + 1);
            int blocks = Math.ceilDiv(end - begin, BLOCK);
            if (span == 0) {
                for (int row = begin; row < end; row++) {
                    Arrays.fill(operands.out.data, at(operands.out, row), at(operands.out, row) + size, 0);
                }
                return;
            }
            if (blocks == 0) {
                return;
            }
            Scratch scratch = Scratch.get();
            float[] packed = scratch.floats(PACKED, BLOCK * Math.max(size, span) + padded);
            float[] keyPanels = scratch.floats(KEYS, PackedMatrix.size(size, span));
            float[] keyTerms = scratch.floats(KEY_TERMS, pq.isPresent() ? padded * termStride : 0);
            float[] source = rows(scratch, operands.k);
            int from = gaps ? 0 : at(operands.k, operands.keys.begin(sequence));
            int step = gaps ? size : stride;
            PackedMatrix.packRows(source, from, step, span, size, keyPanels, 0);
            if (pq.isPresent()) {
                keyTerms(
                        source,
                        from,
                        step,
                        operands.queries.position(begin),
                        operands.queries.position(end - 1),
                        keyTerms,
                        packed);
            }
            float[] values = scratch.floats(VALUES, PackedMatrix.size(span, size));
            source = rows(scratch, operands.v);
            from = gaps ? 0 : at(operands.v, operands.keys.begin(sequence));
            PackedMatrix.packColumns(source, from, step, span, size, values, 0);
            for (int block = part * blocks / parts; block < (part + 1) * blocks / parts; block++) {
                int row = begin + block * BLOCK;
                block(scratch, row, Math.min(BLOCK, end - row), keyPanels, values, keyTerms, packed);
            }
        }

        /** Keys or values, at their places where places are missing. */
        private float[] rows(Scratch scratch, AttentionOperands.Heads x) {
            if (!gaps) {
                return x.data;
            }
            float[] spread = scratch.floats(SPREAD, span * size);
            Arrays.fill(spread, 0, span * size, 0);
            for (int row = operands.keys.begin(sequence); row < operands.keys.begin(sequence + 1); row++) {
                System.arraycopy(x.data, at(x, row), spread, (operands.keys.position(row) - first) * size, size);
            }
            return spread;
        }

        /** {@code k_j . pq[r]} for every key and every position row that some query sees it at. */
        private void keyTerms(
                float[] source, int from, int step, int lowest, int highest, float[] keyTerms, float[] packed) {
            for (int place = 0; place < span; place += BLOCK) {
                int rows = Math.min(BLOCK, span - place);
                MicroKernel.packRows(source, from + place * step, step, rows, size, packed, 0);
                long panels = table.panels(origin(highest) + place, origin(lowest) + place + rows - 1);
                products(
                        packed,
                        rows,
                        size,
                        pq.data(),
                        pq.offset(),
                        (int) (panels >>> 32),
                        (int) panels,
                        keyTerms,
                        place * termStride,
                        termStride);
            }
        }

        private void block(
                Scratch scratch,
                int begin,
                int rows,
                float[] keyPanels,
                float[] values,
                float[] keyTerms,
                float[] packed) {
            float[] scores = scratch.floats(SCORES, BLOCK * scoreStride);
            float[] queryTerms = scratch.floats(QUERY_TERMS, pk.isPresent() ? BLOCK * termStride : 0);
            float[] factors = scratch.floats(FACTORS, BLOCK);
            int maskBuffer = BLOCK * Math.max(size, span);
            MicroKernel.packRows(operands.q.data, at(operands.q, begin), stride, rows, size, packed, 0);
            products(packed, rows, size, keyPanels, 0, 0, PackedMatrix.panels(span) - 1, scores, 0, scoreStride);
            if (pk.isPresent()) {
                long panels = table.panels(
                        origin(operands.queries.position(begin + rows - 1)),
                        origin(operands.queries.position(begin)) + span - 1);
                products(
                        packed,
                        rows,
                        size,
                        pk.data(),
                        pk.offset(),
                        (int) (panels >>> 32),
                        (int) panels,
                        queryTerms,
                        0,
                        termStride);
            }
            int[] origins = scratch.ints(BLOCK);
            for (int i = 0; i < rows; i++) {
                origins[i] = origin(operands.queries.position(begin + i));
            }
            if (pk.isPresent() || pq.isPresent()) {
                addTerms(scores, origins, rows, queryTerms, keyTerms);
            }
            int seen = -1;
            for (int i = 0; i < rows; i++) {
                seen = mask(begin - operands.queries.begin(sequence) + i, seen, packed, maskBuffer);
                factors[i] = VectorMath.exponentials(scores, i * scoreStride, padded, scale, packed, maskBuffer);
            }
            MicroKernel.packRows(scores, 0, scoreStride, rows, span, packed, 0);
            for (int p = 0; p < PackedMatrix.panels(size); p++) {
                int columns = Math.min(WIDTH, size - p * WIDTH);
                Gemm.multiply(
                        packed,
                        0,
                        rows,
                        span,
                        values,
                        p * span * WIDTH,
                        columns,
                        NO_BIAS,
                        0,
                        operands.out.data,
                        at(operands.out, begin) + p * WIDTH,
                        stride);
            }
            for (int i = 0; i < rows; i++) {
                multiply(operands.out.data, at(operands.out, begin + i), size, factors[i]);
            }
        }

        /**
         * Adds both position terms to scores, a few keys of all queries at a time: what they look up lies near
         * together. A loop for each case, in a method that is too large to be inlined (see {@link VectorMath}).
         */
        private void addTerms(float[] scores, int[] origins, int rows, float[] queryTerms, float[] keyTerms) {
            int stride = table.stride();
            int[] windows = table.windows();
            float[] places = table.places();
            int[] diagonal = table.diagonal();
            boolean byWindow = pk.isPresent() && table.isNarrow();
            boolean byKey = pq.isPresent();
            for (int j = 0; j < padded; j += COUNT) {
                if (byWindow && byKey) {
                    for (int i = 0; i < rows; i++) {
                        int n = origins[i] + j;
                        int at = i * scoreStride + j;
                        FloatVector term = FloatVector.fromArray(SPECIES, places, n * COUNT)
                                .selectFrom(FloatVector.fromArray(SPECIES, queryTerms, i * stride + windows[n]));
                        FloatVector.fromArray(SPECIES, scores, at)
                                .add(term)
                                .add(FloatVector.fromArray(SPECIES, keyTerms, j * stride, diagonal, n * COUNT))
                                .intoArray(scores, at);
                    }
                    continue;
                }
                if (byWindow) {
                    for (int i = 0; i < rows; i++) {
                        int n = origins[i] + j;
                        int at = i * scoreStride + j;
                        FloatVector term = FloatVector.fromArray(SPECIES, places, n * COUNT)
                                .selectFrom(FloatVector.fromArray(SPECIES, queryTerms, i * stride + windows[n]));
                        FloatVector.fromArray(SPECIES, scores, at).add(term).intoArray(scores, at);
                    }
                } else if (pk.isPresent()) {
                    for (int i = 0; i < rows; i++) {
                        int at = i * scoreStride + j;
                        FloatVector.fromArray(SPECIES, scores, at)
                                .add(FloatVector.fromArray(
                                        SPECIES, queryTerms, i * stride, table.byKey(), origins[i] + j))
                                .intoArray(scores, at);
                    }
                }
                if (byKey) {
                    for (int i = 0; i < rows; i++) {
                        int at = i * scoreStride + j;
                        FloatVector.fromArray(SPECIES, scores, at)
                                .add(FloatVector.fromArray(
                                        SPECIES, keyTerms, j * stride, diagonal, (origins[i] + j) * COUNT))
                                .intoArray(scores, at);
                    }
                }
            }
        }

        /**
         * Writes the row of the mask for a query, 0 where it sees a key and -inf elsewhere, unless it is that of the
         * one before, which {@code seen} says; returns what the next is told.
         */
        private int mask(int query, int seen, float[] row, int at) {
            if (!operands.mask.present) {
                if (seen < 0) {
                    Arrays.fill(row, at, at + padded, Float.NEGATIVE_INFINITY);
                    for (int key = operands.keys.begin(sequence); key < operands.keys.begin(sequence + 1); key++) {
                        row[at + operands.keys.position(key) - first] = 0;
                    }
                }
                return 0;
            }
            AttentionOperands.Mask m = operands.mask;
            int maskAt = m.offset + sequence * m.perBatch + query * m.perQuery;
            // Most queries of a sequence see the same keys.
            boolean same = seen >= 0
                    && (maskAt == seen
                            || m.perKey == 1
                                    && Arrays.equals(m.data, maskAt, maskAt + span, m.data, seen, seen + span));
            if (!same) {
                for (int j = 0; j < span; j++) {
                    row[at + j] = m.data[maskAt + j * m.perKey] != 0 ? 0 : Float.NEGATIVE_INFINITY;
                }
                Arrays.fill(row, at + span, at + padded, Float.NEGATIVE_INFINITY);
            }
            return maskAt;
        }
    }

    private static void multiply(float[] x, int at, int size, float factor) {
        for (int e = at; e < at + size; e++) {
            x[e] *= factor;
        }
    }

    /** Products of packed rows with panels {@code [from, to]}, each at its own columns of the result. */
    private static void products(
            float[] packed, int rows, int k, float[] b, int bo, int from, int to, float[] c, int co, int ldc) {
        for (int p = from; p <= to; p++) {
            Gemm.multiply(packed, 0, rows, k, b, bo + p * k * WIDTH, WIDTH, NO_BIAS, 0, c, co + p * WIDTH, ldc);
        }
    }
}
