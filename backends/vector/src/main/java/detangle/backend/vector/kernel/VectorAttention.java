package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.AttentionScores.BLOCK;

import detangle.backend.vector.amx.MatrixUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Disentangled attention, one task for a head of a sequence: {@link AttentionScores}, then products with the values.
 */
public final class VectorAttention {
    private final AttentionOperands operands = new AttentionOperands();
    private final Function<AttentionOperands, AttentionScores> heads;
    private final WorkerPool.Task task = this::run;

    /** Kept from run to run. */
    private final List<AttentionScores> parallel = new ArrayList<>();

    /** Sequences, those with the most work first, so that no thread begins a long one when the others end. */
    private long[] order = {};

    private int headsOfRow;
    private int size;
    private float scale;
    private int parts;

    /** Attention in fp32. */
    public VectorAttention() {
        this.heads = AttentionScores::new;
    }

    /** Attention whose products are in bfloat16, by a unit, which is asked for when there is one. */
    public VectorAttention(Supplier<MatrixUnit> unit) {
        this.heads = operands -> new TileScores(operands, unit);
    }

    /** Returns the operands of the next run, which the caller sets before it. */
    public AttentionOperands operands() {
        return operands;
    }

    /**
     * Computes attention. One thread uses an object at a time.
     *
     * @param batch the number of sequences
     * @param headCount heads of a row
     * @param headSize elements of a head
     */
    public void run(int batch, int headCount, int headSize, double factor) {
        headsOfRow = headCount;
        size = headSize;
        scale = (float) factor;
        int longest = sort(batch);
        int threads = WorkerPool.SHARED.threads();
        // With fewer heads than threads need, blocks of a head are shared as well, at the price of packing it again.
        parts = batch * headsOfRow >= 2 * threads
                ? 1
                : Math.clamp(Math.ceilDiv(longest, BLOCK), 1, Math.ceilDiv(2 * threads, batch * headsOfRow));
        int tasks = batch * headsOfRow * parts;
        while (parallel.size() < tasks) {
            parallel.add(heads.apply(operands));
        }
        WorkerPool.SHARED.run(tasks, task);
    }

    /** Sorts the sequences by their numbers of pairs of a query and a key, and returns the most queries of one. */
    private int sort(int batch) {
        if (order.length < batch) {
            order = new long[batch];
        }
        int longest = 0;
        for (int b = 0; b < batch; b++) {
            int queries = operands.queries.begin(b + 1) - operands.queries.begin(b);
            int keys = operands.keys.begin(b + 1) - operands.keys.begin(b);
            longest = Math.max(longest, queries);
            // The number of the sequence stands in the lower half.
            order[b] = -Math.min((long) queries * keys, Integer.MAX_VALUE) << Integer.SIZE | b;
        }
        Arrays.sort(order, 0, batch);
        return longest;
    }

    private void run(int index) {
        AttentionScores head = parallel.get(index);
        head.locate(headsOfRow, size, scale, (int) order[index / parts / headsOfRow], index / parts % headsOfRow);
        run(head, index % parts);
    }

    private void run(AttentionScores head, int part) {
        int begin = head.firstQuery();
        int end = head.endOfQueries();
        int blocks = Math.ceilDiv(end - begin, BLOCK);
        int span = head.span();
        if (span == 0) {
            for (int row = begin; row < end; row++) {
                int at = operands.out.offset + head.at(row);
                Arrays.fill(operands.out.data, at, at + size, 0);
            }
            return;
        }
        if (blocks == 0) {
            return;
        }
        Scratch scratch = Scratch.get();
        head.prepare(scratch);
        head.packValues(scratch);
        for (int block = part * blocks / parts; block < (part + 1) * blocks / parts; block++) {
            int row = begin + block * BLOCK;
            block(head, scratch, row, Math.min(BLOCK, end - row));
        }
    }

    private void block(AttentionScores head, Scratch scratch, int begin, int rows) {
        head.compute(scratch, begin, rows);
        float[] factors = head.factors(scratch);
        float[] out = operands.out.data;
        if (head.drops()) {
            AttentionLoops.multiply(
                    head.scores(scratch), head.drawKept(scratch, begin, rows), head.stride(), rows, head.padded());
        }
        head.multiplyValues(scratch, begin, rows);
        for (int i = 0; i < rows; i++) {
            multiply(out, operands.out.offset + head.at(begin + i), size, factors[i]);
        }
    }

    private static void multiply(float[] x, int at, int size, float factor) {
        for (int e = at; e < at + size; e++) {
            x[e] *= factor;
        }
    }
}
