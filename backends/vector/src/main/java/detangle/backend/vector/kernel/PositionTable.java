package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

/**
 * A table of positions {@code [A,P,d]}, packed as far as the lengths of runs reach: a sentence of 16 tokens reads 31 of
 * 512 rows. Elements have the same bits whichever rows are packed together.
 */
public final class PositionTable {
    private final int count;
    private final int heads;
    private final int size;

    /** The source of rows that are not packed yet; null once all rows are packed. */
    private Source source;

    private volatile Reached reached = new Reached(0, 0, new PackedMatrix[0]);

    /** The source of a table's rows. */
    public sealed interface Source permits ProjectedRows, StoredRows {
        /**
         * Packs rows of the table. The caller is in no section.
         *
         * @param packed a matrix for each head, with room for the rows
         * @param begin the first row, with which a panel begins
         * @param rows how many there are
         */
        void pack(PackedMatrix[] packed, int begin, int rows);
    }

    /** Panels {@code [from, to)} of a matrix for each head, whose memory begins with the first of them. */
    private record Reached(int from, int to, PackedMatrix[] packed) {
        boolean has(int first, int last) {
            return from <= first && last < to;
        }
    }

    /** @param count the number of rows, P */
    public PositionTable(Source source, int count, int heads, int size) {
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
        return there.has(first, last) ? there.packed : pack(first, last);
    }

    /** Panels stay one range, so that what lies between those of two runs is packed as well. */
    private synchronized PackedMatrix[] pack(int first, int last) {
        Reached before = reached;
        boolean isFirst = before.from == before.to;
        int from = isFirst ? first : Math.min(first, before.from);
        int to = isFirst ? last + 1 : Math.max(last + 1, before.to);
        if (before.has(first, last)) {
            return before.packed; // Another run has packed it meanwhile.
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
            pack(packed, from, to);
        } else {
            pack(packed, from, before.from);
            pack(packed, before.to, to);
        }
        reached = new Reached(from, to, packed);
        if (from == 0 && to == PackedMatrix.panels(count)) {
            source = null;
        }
        return packed;
    }

    private void pack(PackedMatrix[] packed, int from, int to) {
        if (from < to) {
            int begin = from * WIDTH;
            source.pack(packed, begin, Math.min(count, to * WIDTH) - begin);
        }
    }
}
