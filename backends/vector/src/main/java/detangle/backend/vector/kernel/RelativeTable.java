package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;

import detangle.ir.interpreter.InterpreterException;

/**
 * The table of relative positions in the forms that the attention kernel reads: for a query at position i and a key at j,
 * the position row is {@code byKey[j - i + origin]}, so that neighbouring keys are neighbours in memory.
 */
public final class RelativeTable {
    /** In the place of a table that is not there. */
    static final RelativeTable NONE = new RelativeTable(new int[0], 0, 0);

    private final int origin;
    private final int[] byKey;
    private final int[] diagonal;
    private final int[] windows;
    private final float[] places;
    private final boolean narrow;
    private final int stride;

    /**
     * @param table the row of the position tables for {@code i - j + centre}
     * @param positions rows of the position tables
     */
    public RelativeTable(int[] table, int centre, int positions) {
        this.origin = table.length - 1 - centre;
        // Not a power of two, so that rows of terms do not all fall into the same sets of the cache.
        this.stride = Lanes.roundUp(positions, PackedMatrix.WIDTH) + COUNT;
        // Vectors may run past the last key; what they read there is masked, but must exist.
        this.byKey = new int[table.length + PackedMatrix.WIDTH];
        for (int n = 0; n < table.length; n++) {
            byKey[n] = table[table.length - 1 - n];
            if (byKey[n] < 0 || byKey[n] >= positions) {
                throw new InterpreterException(
                        "relative position " + byKey[n] + " is outside a table of " + positions + " rows");
            }
        }
        // What stands there is the last difference's, so that windows stay narrow.
        for (int n = table.length; n > 0 && n < byKey.length; n++) {
            byKey[n] = byKey[table.length - 1];
        }
        int starts = table.length + PackedMatrix.WIDTH - COUNT;
        this.diagonal = new int[starts * COUNT];
        this.windows = new int[starts];
        this.places = new float[starts * COUNT];
        boolean fits = true;
        for (int n = 0; n < starts; n++) {
            int least = Integer.MAX_VALUE;
            for (int lane = 0; lane < COUNT; lane++) {
                diagonal[n * COUNT + lane] = lane * stride + byKey[n + lane];
                least = Math.min(least, byKey[n + lane]);
            }
            windows[n] = least;
            for (int lane = 0; lane < COUNT; lane++) {
                int place = byKey[n + lane] - least;
                places[n * COUNT + lane] = place;
                fits &= place < COUNT;
            }
        }
        this.narrow = fits;
    }

    int origin() {
        return origin;
    }

    /** Floats from the terms of one query or key to those of the next. */
    int stride() {
        return stride;
    }

    /** The row for each difference. */
    int[] byKey() {
        return byKey;
    }

    /** For each difference a vector's map from the terms of as many keys, {@link #stride} apart, to one of each. */
    int[] diagonal() {
        return diagonal;
    }

    /**
     * Whether as many neighbouring differences as a vector has lanes have rows that lie as near together, as buckets do: then
     * a vector from {@link #windows} on, its lanes moved to {@link #places}, spares a gather.
     */
    boolean isNarrow() {
        return narrow;
    }

    /** For each difference the least row of a vector's differences from it on. */
    int[] windows() {
        return windows;
    }

    /** For each difference a vector's lanes in the window. */
    float[] places() {
        return places;
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
