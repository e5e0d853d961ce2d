package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.backend.vector.kernel.VectorAttentionGrad.Table;
import java.util.Arrays;
import java.util.Optional;

/**
 * A table of positions as the gradients of attention read it, and the sums of its own gradient. Both have only the rows
 * that some pair of a query and a key reaches; all other rows have the gradient 0.
 */
final class PositionGradients {
    /** The array of {@link Scratch} with packed left sides of products. */
    static final int PACKED = 16;

    private final Table table;
    private final int heads;
    private final int size;
    private final int rows;

    /** The table of each head, packed for products with its transpose. */
    private final PackedMatrix[] transposed;

    private int first;
    private int reached;
    private int groups;
    private float[] packed;

    /** The reached rows of each head, {@link #columnSize} floats apart, packed without transposing. */
    private int columnsAt;

    /** The gradient of the reached rows, for each group of sequences and each head. */
    private float[] sums;

    private int sumsAt;

    /** @param rows P of the table {@code [heads,P,size]} */
    PositionGradients(Table table, int heads, int size, int rows) {
        this.table = table;
        this.heads = heads;
        this.size = size;
        this.rows = rows;
        this.transposed = new PackedMatrix[heads];
    }

    /** Floats that the packed forms of a table take. */
    static int packedSize(int heads, int size, int reached) {
        return heads * (PackedMatrix.size(reached, size) + PackedMatrix.size(size, reached));
    }

    private int columnSize() {
        return PackedMatrix.size(reached, size);
    }

    /**
     * Begins a run.
     *
     * @param firstRow the first row that is reached, where a panel begins; {@code count} follow
     * @param memory for packed forms, {@link #packedSize} floats from {@code at} on
     * @param groupCount the number of groups of sequences, each with its own sums; a single group adds to the result
     *     itself
     * @param ofGroups memory for the sums of several groups, from {@code ofGroupsAt} on
     */
    void begin(int firstRow, int count, float[] memory, int at, int groupCount, float[] ofGroups, int ofGroupsAt) {
        first = firstRow;
        reached = count;
        packed = memory;
        groups = groupCount;
        sums = ofGroups;
        sumsAt = ofGroupsAt;
        int panels = PackedMatrix.size(size, reached);
        columnsAt = at + heads * panels;
        for (int h = 0; h < heads; h++) {
            // The panels before these are not reached.
            transposed[h] = new PackedMatrix(packed, at + h * panels - first * size, size, rows);
        }
    }

    /** Returns the packed table by head; products may read its reached panels alone. */
    PackedMatrix[] transposed() {
        return transposed;
    }

    void pack(int head) {
        float[] array = table.rows().array();
        int from = table.rows().offset() + (head * rows + first) * size;
        PackedMatrix.packRows(array, from, size, reached, size, packed, transposed[head].offset() + first * size);
        PackedMatrix.packColumns(array, from, size, reached, size, packed, columnsAt + head * columnSize());
    }

    private boolean isDirect() {
        return groups == 1;
    }

    /** Returns the place of the sum of a row. */
    private int sumAt(int group, int head, int row) {
        return isDirect()
                ? table.gradient().orElseThrow().offset() + (head * rows + row) * size
                : sumsAt + ((group * heads + head) * reached + row - first) * size;
    }

    private float[] sums() {
        return isDirect() ? table.gradient().orElseThrow().array() : sums;
    }

    void clear(int group, int head) {
        if (table.gradient().isPresent()) {
            int from = isDirect() ? 0 : first;
            int to = isDirect() ? rows : first + reached;
            Arrays.fill(sums(), sumAt(group, head, from), sumAt(group, head, to), 0);
        }
    }

    /** Adds up the groups in their order. */
    void finish() {
        if (table.gradient().isEmpty() || isDirect()) {
            return;
        }
        Elements out = table.gradient().get();
        WorkerPool.SHARED.run(heads, head -> {
            int at = out.offset() + head * rows * size;
            int from = at + first * size;
            int count = reached * size;
            Arrays.fill(out.array(), at, from, 0);
            Arrays.fill(out.array(), from + count, at + rows * size, 0);
            System.arraycopy(sums, sumAt(0, head, first), out.array(), from, count);
            for (int group = 1; group < groups; group++) {
                AttentionLoops.add(sums, sumAt(group, head, first), out.array(), from, count);
            }
        });
    }

    /**
     * Adds to the gradients of some rows, and to the gradient of the table, from the gradients of the rows' terms.
     *
     * @param terms the gradient of the term of each row with each row of the table, {@code stride} apart
     * @param panels the panels of the table that these rows reach: first and last
     * @param x the rows that were multiplied with the table, packed as columns of {@code depth} rows, from {@code xRow}
     *     on
     * @param out the gradients of the rows, {@code ldc} apart, if they are read
     */
    void add(
            int group,
            int head,
            float[] terms,
            int termsAt,
            int stride,
            int count,
            long panels,
            float[] x,
            int xRow,
            int depth,
            Optional<float[]> out,
            int outAt,
            int ldc) {
        int low = (int) (panels >>> 32) * WIDTH;
        int high = Math.min(rows, ((int) panels + 1) * WIDTH);
        float[] left = Scratch.get().floats(PACKED, 0);
        if (out.isPresent()) {
            MicroKernel.ORDINARY.packRows(terms, termsAt + low, stride, count, high - low, left, 0);
            for (int p = 0; p < PackedMatrix.panels(size); p++) {
                int panel = columnsAt + head * columnSize() + (p * reached + low - first) * WIDTH;
                int width = Math.min(WIDTH, size - p * WIDTH);
                Gemm.add(left, 0, count, high - low, packed, panel, width, out.get(), outAt + p * WIDTH, ldc);
            }
        }
        if (table.gradient().isPresent()) {
            MicroKernel.ORDINARY.packColumns(terms, termsAt + low, stride, high - low, count, left, 0);
            int to = sumAt(group, head, low);
            for (int p = 0; p < PackedMatrix.panels(size); p++) {
                int panel = (p * depth + xRow) * WIDTH;
                int width = Math.min(WIDTH, size - p * WIDTH);
                Gemm.add(left, 0, high - low, count, x, panel, width, sums(), to + p * WIDTH, size);
            }
        }
    }
}
