package detangle.backend.vector.kernel;

/**
 * The table of relative positions in the forms that the attention kernel reads: for a query at position i and a key at j,
 * the position row is {@code byKey[j - i + origin]}, so that neighbouring keys are neighbours in memory.
 */
public final class RelativeTable {
    /** In the place of a table that is not there. */
    static final RelativeTable NONE = new RelativeTable(new int[0], 0, 0);

    private final int origin;
    private final int[] byKey;
    private final int[] rowGather;
    private final int positions;

    /**
     * @param table the row of the position tables for {@code i - j + centre}
     * @param positions rows of the position tables
     */
    public RelativeTable(int[] table, int centre, int positions) {
        this.origin = table.length - 1 - centre;
        this.positions = positions;
        // Vectors may run past the last key; what they read there is masked, but must exist.
        this.byKey = new int[table.length + PackedMatrix.WIDTH];
        for (int n = 0; n < table.length; n++) {
            byKey[n] = table[table.length - 1 - n];
            if (byKey[n] < 0 || byKey[n] >= positions) {
                throw new IndexOutOfBoundsException(
                        "relative position " + byKey[n] + " is outside a table of " + positions + " rows");
            }
        }
        int stride = Lanes.roundUp(positions, PackedMatrix.WIDTH);
        this.rowGather = new int[(table.length + PackedMatrix.WIDTH) * Lanes.COUNT];
        for (int n = 0; n < table.length + PackedMatrix.WIDTH - Lanes.COUNT; n++) {
            for (int lane = 0; lane < Lanes.COUNT; lane++) {
                rowGather[n * Lanes.COUNT + lane] = lane * stride + byKey[n + lane];
            }
        }
    }

    int origin() {
        return origin;
    }

    int positions() {
        return positions;
    }

    /** Index maps for rows of one query. */
    int[] byKey() {
        return byKey;
    }

    /** Index maps for one column of several keys' rows, rows padded to whole panels: a vector's map for each difference. */
    int[] rowGather() {
        return rowGather;
    }

    /** The panels of the position table that {@code [from, to]} of j - i + origin touch: first and last. */
    long panels(int from, int to) {
        int low = Integer.MAX_VALUE;
        int high = 0;
        for (int n = from; n <= to; n++) {
            low = Math.min(low, byKey[n]);
            high = Math.max(high, byKey[n]);
        }
        return (long) (low / PackedMatrix.WIDTH) << 32 | high / PackedMatrix.WIDTH;
    }
}
