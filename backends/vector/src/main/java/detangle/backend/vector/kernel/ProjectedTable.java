package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.ir.Activation;

/**
 * A table of positions {@code [A,P,d]} that is projected from constant rows, {@code rows weight^T + bias}, as far as
 * the lengths of runs reach: a sentence of 16 tokens reads 31 of 512 rows. Elements have the same bits whichever rows
 * are computed together.
 */
public final class ProjectedTable {
    private final int count;
    private final int heads;
    private final int size;

    /** The source of rows that are not computed yet; null once all rows are computed. */
    private Source source;

    private volatile Reached reached = new Reached(0, 0, new PackedMatrix[0]);

    /**
     * The operands that a table is projected from.
     *
     * @param rows {@code [P,H]}
     * @param weight {@code [H,A*d]}
     * @param bias at least {@code panels * WIDTH} floats
     */
    public record Source(float[] rows, Panels weight, float[] bias) {}

    /** Panels {@code [from, to)} of a matrix for each head, whose memory begins with the first of them. */
    private record Reached(int from, int to, PackedMatrix[] packed) {
        boolean has(int first, int last) {
            return from <= first && last < to;
        }
    }

    /** @param count the number of rows, P */
    public ProjectedTable(Source source, int count, int heads, int size) {
        this.source = source;
        this.count = count;
        this.heads = heads;
        this.size = size;
    }

    /**
     * Returns a matrix for each head, whose rows are there that a table of relative positions has. The caller is in no
     * section.
     */
    public PackedMatrix[] reaching(RelativeTable table) {
        return table.isEmpty() ? whole() : reaching(table.least() / WIDTH, table.most() / WIDTH);
    }

    /** Returns a matrix for each head, with all rows. The caller is in no section. */
    public PackedMatrix[] whole() {
        return reaching(0, PackedMatrix.panels(count) - 1);
    }

    private PackedMatrix[] reaching(int first, int last) {
        Reached there = reached;
        return there.has(first, last) ? there.packed : compute(first, last);
    }

    /** Panels stay one range, so that what lies between those of two runs is computed as well. */
    private synchronized PackedMatrix[] compute(int first, int last) {
        Reached before = reached;
        boolean isFirst = before.from == before.to;
        int from = isFirst ? first : Math.min(first, before.from);
        int to = isFirst ? last + 1 : Math.max(last + 1, before.to);
        if (before.has(first, last)) {
            return before.packed; // Another run has computed it meanwhile.
        }
        int panel = size * WIDTH;
        PackedMatrix[] packed = new PackedMatrix[heads];
        for (int head = 0; head < heads; head++) {
            float[] data = new float[(to - from) * panel];
            if (!isFirst) {
                int known = (before.to - before.from) * panel;
                System.arraycopy(before.packed[head].data(), 0, data, (before.from - from) * panel, known);
            }
            packed[head] = new PackedMatrix(data, -from * panel, size, count);
        }
        if (isFirst) {
            project(packed, from, to);
        } else {
            project(packed, from, before.from);
            project(packed, before.to, to);
        }
        reached = new Reached(from, to, packed);
        if (from == 0 && to == PackedMatrix.panels(count)) {
            source = null;
        }
        return packed;
    }

    private void project(PackedMatrix[] packed, int from, int to) {
        if (from >= to) {
            return;
        }
        int begin = from * WIDTH;
        int rows = Math.min(count, to * WIDTH) - begin;
        int depth = source.weight.k();
        int width = heads * size;
        float[] projected = new float[rows * width];
        Gemm gemm = new Gemm();
        gemm.left(source.rows, begin * depth, depth, rows, depth);
        gemm.product(source.weight.next(), source.bias, Activation.NONE, projected, 0, width);
        gemm.run();
        for (int head = 0; head < heads; head++) {
            PackedMatrix matrix = packed[head];
            int at = matrix.offset() + begin * size;
            PackedMatrix.packRows(projected, head * size, width, rows, size, matrix.data(), at);
        }
    }
}
