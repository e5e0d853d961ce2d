package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.AttentionScores.BLOCK;
import static detangle.backend.vector.kernel.AttentionScores.NO_BIAS;
import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.util.Arrays;
import java.util.Optional;

/**
 * The gradients of disentangled attention. Scores are computed again, a block of queries at a time, so that there is
 * never more than a block of them for each thread.
 *
 * <p>A task is a head of some sequences. It alone writes the rows of dq, dk and dv of that head, and adds what the
 * position tables get in the order of its sequences; the sums of tasks are added in their order. How sequences are
 * divided follows from sizes alone, so that the result has the same bits with any number of threads.
 */
public final class VectorAttentionGrad {
    /**
     * The most tasks: enough for the threads of large machines. Each task has its own sums for the tables of its head.
     */
    private static final int TASKS = 24;

    // Arrays of Scratch, behind those of AttentionScores.
    private static final int VALUES = 3;
    private static final int KEY_COLUMNS = 11;
    private static final int SCORE_GRADIENTS = 12;
    private static final int QUERY_TERMS = 13;
    private static final int KEY_TERMS = 14;
    private static final int COLUMNS = 15;
    private static final int SPREAD = 17;
    private static final int TABLES = 18;
    private static final int SUMS = 19;

    /**
     * A table of positions {@code [A,P,d]} and its gradient.
     *
     * @param gradient the gradient; empty if it is not read
     */
    public record Table(Elements rows, Optional<Elements> gradient) {}

    private final AttentionOperands operands;
    private final Elements dout;
    private final Optional<Elements> dq;
    private final Optional<Elements> dk;
    private final Optional<Elements> dv;
    private final Optional<PositionGradients> pk;
    private final Optional<PositionGradients> pq;
    private final int heads;
    private final int size;
    private final int rows;
    private final float scale;

    /**
     * @param operands the operands of attention; {@code out} is not read, and position tables need not be packed
     * @param dout the gradient of attention's result, in the layout of q
     * @param dq the gradient of q, with dk and dv alike; a gradient that is not read is empty
     * @param tableRows P, the rows of a table of positions
     */
    public VectorAttentionGrad(
            AttentionOperands operands,
            Elements dout,
            Optional<Elements> dq,
            Optional<Elements> dk,
            Optional<Elements> dv,
            Optional<Table> pk,
            Optional<Table> pq,
            int heads,
            int size,
            int tableRows,
            double scale) {
        this.operands = operands;
        this.dout = dout;
        this.dq = dq;
        this.dk = dk;
        this.dv = dv;
        this.heads = heads;
        this.size = size;
        this.rows = tableRows;
        this.scale = (float) scale;
        this.pk = pk.map(table -> new PositionGradients(table, heads, size, rows));
        this.pq = pq.map(table -> new PositionGradients(table, heads, size, rows));
    }

    /** @param batch the number of sequences */
    public void run(int batch) {
        int groups = Math.clamp(Math.ceilDiv(TASKS, heads), 1, Math.max(1, batch));
        if (pk.isPresent() || pq.isPresent()) {
            begin(batch, groups);
        }
        WorkerPool.SHARED.run(groups * heads, task -> {
            int group = task / heads;
            Head head = new Head(group, task % heads);
            pk.ifPresent(p -> p.clear(group, task % heads));
            pq.ifPresent(p -> p.clear(group, task % heads));
            for (int n = group * batch / groups; n < (group + 1) * batch / groups; n++) {
                head.run(n);
            }
        });
        pk.ifPresent(p -> p.finish());
        pq.ifPresent(p -> p.finish());
    }

    /** Packs the rows of the tables of positions that some pair of a query and a key reaches. */
    private void begin(int batch, int groups) {
        int low = Integer.MAX_VALUE;
        int high = -1;
        AttentionScores scores = new AttentionScores(operands);
        for (int n = 0; n < batch; n++) {
            scores.locate(heads, size, scale, n, 0);
            if (scores.span() > 0 && scores.firstQuery() < scores.endOfQueries()) {
                long panels = scores.panels(scores.firstQuery(), scores.endOfQueries(), 0, scores.span());
                low = Math.min(low, (int) (panels >>> 32) * WIDTH);
                high = Math.max(high, Math.min(rows, ((int) panels + 1) * WIDTH));
            }
        }
        int first = Math.max(0, Math.min(low, high));
        int reached = Math.max(0, high - first);
        int packedSize = PositionGradients.packedSize(heads, size, reached);
        int sumSize = groups == 1 ? 0 : groups * heads * reached * size;
        float[] packed = Scratch.get().floats(TABLES, 2 * packedSize);
        float[] sums = Scratch.get().floats(SUMS, 2 * sumSize);
        pk.ifPresent(p -> p.begin(first, reached, packed, 0, groups, sums, 0));
        pq.ifPresent(p -> p.begin(first, reached, packed, packedSize, groups, sums, sumSize));
        WorkerPool.SHARED.run(heads, head -> {
            pk.ifPresent(p -> p.pack(head));
            pq.ifPresent(p -> p.pack(head));
        });
        RelativeTable table = operands.positions.table;
        table.reverse();
        KeptPanels[] absent = AttentionOperands.Positions.ABSENT;
        operands.positions.set(
                pk.<KeptPanels[]>map(PositionGradients::transposed).orElse(absent),
                pq.<KeptPanels[]>map(PositionGradients::transposed).orElse(absent),
                table);
    }

    /** Computes one head of the sequences of a group, one after the other. */
    private final class Head {
        private final AttentionScores scores = new AttentionScores(operands);
        private final Scratch scratch = Scratch.get();
        private final RelativeTable table = operands.positions.table;
        private final int termStride = table.stride();
        private final int group;
        private final int head;
        private int span;
        private float[] packed;

        Head(int group, int head) {
            this.group = group;
            this.head = head;
        }

        void run(int sequence) {
            scores.locate(heads, size, scale, sequence, head);
            span = scores.span();
            int begin = scores.firstQuery();
            int end = scores.endOfQueries();
            if (span == 0 || begin == end) {
                dq.ifPresent(d -> clear(d, begin, end));
                dk.ifPresent(d -> clear(d, scores.firstKey(), scores.endOfKeys()));
                dv.ifPresent(d -> clear(d, scores.firstKey(), scores.endOfKeys()));
                return;
            }
            packed = scratch.floats(PositionGradients.PACKED, BLOCK * Math.max(Math.max(size, span), rows + WIDTH));
            scores.prepare(scratch);
            float[] keys = scratch.floats(KEY_COLUMNS, PackedMatrix.size(span, size));
            float[] source = scores.places(scratch, operands.k);
            PackedMatrix.packColumns(source, scores.firstPlace(operands.k), scores.placeStride(), span, size, keys, 0);
            float[] values = scratch.floats(VALUES, PackedMatrix.size(size, span));
            source = scores.places(scratch, operands.v);
            PackedMatrix.packRows(source, scores.firstPlace(operands.v), scores.placeStride(), span, size, values, 0);
            float[] keyTerms = scratch.floats(KEY_TERMS, pq.isPresent() ? span * termStride : 0);
            if (pq.isPresent()) {
                clearTerms(keyTerms, begin, end);
            }
            Target keyTarget = new Target(dk, 0);
            Target valueTarget = new Target(dv, 1);
            for (int row = begin; row < end; row += BLOCK) {
                block(row, Math.min(BLOCK, end - row), row == begin, values, keys, keyTerms, keyTarget, valueTarget);
            }
            pq.ifPresent(p -> addKeyTerms(p, begin, end, keyTerms, keys, keyTarget));
            keyTarget.finish();
            valueTarget.finish();
        }

        private void clear(Elements x, int begin, int end) {
            for (int row = begin; row < end; row++) {
                int at = x.offset() + scores.at(row);
                Arrays.fill(x.array(), at, at + size, 0);
            }
        }

        private void clearTerms(float[] keyTerms, int begin, int end) {
            for (int place = 0; place < span; place += BLOCK) {
                int count = Math.min(BLOCK, span - place);
                clearTerms(keyTerms, place, count, scores.panels(begin, end, place, place + count));
            }
        }

        private void clearTerms(float[] terms, int first, int count, long panels) {
            int low = (int) (panels >>> 32) * WIDTH;
            int high = ((int) panels + 1) * WIDTH;
            for (int i = first; i < first + count; i++) {
                Arrays.fill(terms, i * termStride + low, i * termStride + high, 0);
            }
        }

        /**
         * The sums of the gradient of keys or values: in the result if each place has a key, and in scratch memory
         * otherwise.
         */
        private final class Target {
            private final Optional<Elements> result;
            private final Optional<float[]> array;
            private final int offset;
            private final int stride;

            Target(Optional<Elements> result, int number) {
                boolean gaps = scores.hasGaps();
                this.result = result;
                this.array = result.map(x -> gaps ? scratch.floats(SPREAD, 2 * span * size) : x.array());
                this.offset = gaps || result.isEmpty()
                        ? number * span * size
                        : result.get().offset() + scores.at(scores.firstKey());
                this.stride = scores.placeStride();
            }

            /** Adds {@code left^T right} of packed sides, or writes it if it is the first one. */
            void take(boolean isFirst, int depth, float[] right) {
                for (int p = 0; p < PackedMatrix.panels(size); p++) {
                    int width = Math.min(WIDTH, size - p * WIDTH);
                    int panel = p * depth * WIDTH;
                    int at = offset + p * WIDTH;
                    if (isFirst) {
                        Gemm.multiply(packed, 0, span, depth, right, panel, width, NO_BIAS, 0, array.get(), at, stride);
                    } else {
                        Gemm.add(packed, 0, span, depth, right, panel, width, array.get(), at, stride);
                    }
                }
            }

            void finish() {
                if (result.isPresent() && scores.hasGaps()) {
                    Elements x = result.get();
                    for (int row = scores.firstKey(); row < scores.endOfKeys(); row++) {
                        int from = offset + scores.place(row) * size;
                        System.arraycopy(array.get(), from, x.array(), x.offset() + scores.at(row), size);
                    }
                }
            }
        }

        private void block(
                int begin,
                int count,
                boolean isFirst,
                float[] values,
                float[] keys,
                float[] keyTerms,
                Target keyTarget,
                Target valueTarget) {
            int at = scores.at(begin);
            int rowStride = scores.rowStride();
            int stride = scores.stride();
            scores.compute(scratch, begin, count);
            float[] p = scores.scores(scratch);
            float[] ds = scratch.floats(SCORE_GRADIENTS, BLOCK * stride);
            MicroKernel.ORDINARY.packRows(dout.array(), dout.offset() + at, rowStride, count, size, packed, 0);
            for (int panel = 0; panel < PackedMatrix.panels(span); panel++) {
                int from = panel * size * WIDTH;
                Gemm.multiply(packed, 0, count, size, values, from, WIDTH, NO_BIAS, 0, ds, panel * WIDTH, stride);
            }
            if (scores.drops()) {
                AttentionLoops.multiply(ds, scores.drawKept(scratch, begin, count), stride, count, scores.padded());
            }
            AttentionLoops.ofScores(p, ds, stride, count, scores.padded(), scores.factors(scratch), scale);
            float[] columns = scratch.floats(COLUMNS, PackedMatrix.size(BLOCK, size));
            if (dv.isPresent()) {
                if (scores.drops()) {
                    float[] kept = scores.kept(scratch);
                    AttentionLoops.multiply(p, kept, stride, count, scores.padded());
                }
                MicroKernel.ORDINARY.packColumns(p, 0, stride, span, count, packed, 0);
                PackedMatrix.packColumns(dout.array(), dout.offset() + at, rowStride, count, size, columns, 0);
                valueTarget.take(isFirst, count, columns);
            }
            PackedMatrix.packColumns(operands.q.data, operands.q.offset + at, rowStride, count, size, columns, 0);
            if (dk.isPresent()) {
                MicroKernel.ORDINARY.packColumns(ds, 0, stride, span, count, packed, 0);
                keyTarget.take(isFirst, count, columns);
            }
            dq.ifPresent(d -> {
                MicroKernel.ORDINARY.packRows(ds, 0, stride, count, span, packed, 0);
                for (int panel = 0; panel < PackedMatrix.panels(size); panel++) {
                    int width = Math.min(WIDTH, size - panel * WIDTH);
                    int from = panel * span * WIDTH;
                    int to = d.offset() + at + panel * WIDTH;
                    Gemm.multiply(packed, 0, count, span, keys, from, width, NO_BIAS, 0, d.array(), to, rowStride);
                }
            });
            int[] origins = scores.origins(scratch);
            pk.ifPresent(positions -> {
                float[] terms = scratch.floats(QUERY_TERMS, BLOCK * termStride);
                long panels = scores.panels(begin, begin + count, 0, span);
                clearTerms(terms, 0, count, panels);
                AttentionLoops.toQueryTerms(ds, stride, origins, count, span, table, terms);
                int to = dq.map(d -> d.offset() + at).orElse(0);
                positions.add(
                        group,
                        head,
                        terms,
                        0,
                        termStride,
                        count,
                        panels,
                        columns,
                        0,
                        count,
                        dq.map(Elements::array),
                        to,
                        rowStride);
            });
            if (pq.isPresent()) {
                AttentionLoops.toKeyTerms(ds, stride, origins, count, span, table, keyTerms);
            }
        }

        private void addKeyTerms(
                PositionGradients positions, int begin, int end, float[] keyTerms, float[] keys, Target target) {
            for (int place = 0; place < span; place += BLOCK) {
                int count = Math.min(BLOCK, span - place);
                positions.add(
                        group,
                        head,
                        keyTerms,
                        place * termStride,
                        termStride,
                        count,
                        scores.panels(begin, end, place, place + count),
                        keys,
                        place,
                        span,
                        target.array,
                        target.offset + place * target.stride,
                        target.stride);
            }
        }
    }
}
